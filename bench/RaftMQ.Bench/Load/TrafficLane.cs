using System.Diagnostics;
using System.Net.Sockets;

namespace RaftMQ.Bench.Load;

/// <summary>One connection of <see cref="Traffic"/>, used by one thread.</summary>
internal sealed class TrafficLane(TrafficPlan plan) : IDisposable
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromMilliseconds(10);

    /// <summary>For how long a request is repeated that is refused again and again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Text that no disk or file system can make smaller than it is, the same for all messages of a connection: making it costs nothing while it is sent.
    private readonly byte[] _put = HttpConnection.Request(
        "PUT", "/message", $$"""{"topic":"{{plan.Topic}}","message":"{{Random.Shared.GetString(Letters, plan.MessageBytes)}}"}""");

    private readonly byte[] _pop = HttpConnection.Request("GET", $"/message/{plan.Topic}");
    private HttpConnection? _connection;

    public LatencyHistogram Apart { get; } = new();

    public LatencyHistogram Beside { get; } = new();

    public long Popped { get; private set; }

    public long Unknown { get; private set; }

    public long Refused { get; private set; }

    /// <summary>Publishes one message; false if the outcome is unknown.</summary>
    public bool Publish()
    {
        long started = Stopwatch.GetTimestamp();
        int epoch = plan.Epoch();
        int status = UntilCarriedOut(_put);
        if (status == 200)
        {
            (Measures.SnapshotWatch.Met(epoch, plan.Epoch()) ? Beside : Apart).Record(started, Stopwatch.GetTimestamp());
            return true;
        }

        return status == 0 ? false : throw new BenchFailedException($"PUT /message was answered with {status}");
    }

    /// <summary>Pops one message, if one waits.</summary>
    public void Pop()
    {
        int status = UntilCarriedOut(_pop);
        Popped += status switch
        {
            200 => 1,
            0 or 404 => 0,
            _ => throw new BenchFailedException($"GET /message was answered with {status}"),
        };
    }

    public void Dispose() => _connection?.Dispose();

    /// <summary>The status of the answer, refusals that invite a repetition left out; 0 if the outcome is unknown.</summary>
    private int UntilCarriedOut(byte[] request)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            int? status = Exchange(request);
            switch (status)
            {
                case 0 or 500 or 504:
                    Unknown++;
                    return 0;
                case null or 429 or 503 or 507:
                    Refused++;
                    break;
                default:
                    return status.Value;
            }

            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                string last = status is null ? "nobody listens" : $"the last answer was {status}";
                throw new BenchFailedException($"a request was refused for {Patience.TotalSeconds} s; {last}");
            }

            Thread.Sleep(PauseAfterRefusal);
        }
    }

    /// <summary>The status; null if nobody listens, so that nothing was sent; 0 if the connection was lost.</summary>
    private int? Exchange(byte[] request)
    {
        try
        {
            _connection ??= new HttpConnection(plan.Port, RequestTimeout);
        }
        catch (SocketException)
        {
            return null;
        }

        try
        {
            return _connection.Exchange(request).Status;
        }
        catch (Exception lost) when (lost is SocketException or IOException)
        {
            _connection.Dispose();
            _connection = null;
            return 0;
        }
    }
}
