using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using RaftMQ.Contracts;

namespace RaftMQ.Server.Http;

/// <summary>Receives bodies, bounded one by one and all together.</summary>
/// <param name="maxLargeBytes">What bodies over <see cref="HttpLimits.SmallBodyBytes"/> may take together; more than <see cref="HttpLimits.LargestBodyBytes"/>, so that one always fits.</param>
internal sealed class RequestReader(long maxLargeBytes)
{
    private readonly BodyBudget _budget = new(maxLargeBytes);

    /// <summary>What large bodies take at the moment.</summary>
    public long LargeBytes => _budget.Taken;

    /// <summary>Receives the body of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBytes">The largest body.</param>
    /// <exception cref="BadHttpRequestException">The request ended early, came too slowly, or broke a rule of HTTP.</exception>
    /// <exception cref="IOException">The client has gone.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RequestBody> ReadAsync(HttpRequest request, int maxBytes)
    {
        if (request.ContentLength > maxBytes)
        {
            return new RequestBody(TooLarge(maxBytes));
        }

        PipeReader reader = request.BodyReader;
        long taken = 0;
        bool whole = false;
        try
        {
            while (true)
            {
                ReadResult read = await reader.ReadAsync();
                ReadOnlySequence<byte> buffer = read.Buffer;
                if (buffer.Length > maxBytes)
                {
                    reader.AdvanceTo(buffer.End);
                    return new RequestBody(TooLarge(maxBytes));
                }

                if (read.IsCompleted)
                {
                    whole = true;
                    return new RequestBody(reader, buffer, _budget, taken);
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
                long needed = request.ContentLength ?? buffer.Length + HttpLimits.MaxRequestBufferBytes;
                if (needed > HttpLimits.SmallBodyBytes && needed > taken)
                {
                    if (!_budget.TryTake(needed - taken))
                    {
                        return new RequestBody(Refusal.Because(
                            Reason.Overloaded, $"{maxLargeBytes} bytes of bodies over {HttpLimits.SmallBodyBytes} bytes are received at a time (http.maxLargeBodyBytes)"));
                    }

                    taken = needed;
                }
            }
        }
        finally
        {
            if (!whole && taken > 0)
            {
                _budget.Return(taken);
            }
        }
    }

    /// <summary>The refusal of a body that is too large.</summary>
    public static Refusal TooLarge(int maxBytes) => Refusal.Because(Reason.BodyTooLarge, $"at most {maxBytes} bytes are taken (as many as a message of limits.maxMessageBytes may need)");
}
