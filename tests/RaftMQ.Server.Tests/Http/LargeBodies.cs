using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RaftMQ.Contracts;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Tests.Http;

/// <summary>Bodies are received in bounded memory: one by one, and all together.</summary>
public sealed class LargeBodies
{
    private const int MaxBytes = 300_000;

    private readonly RequestReader _reader = new(maxLargeBytes: 500_000);

    [Fact]
    public async Task What_does_not_fit_the_budget_is_refused_until_something_is_given_back()
    {
        var first = new Upload(contentLength: 300_000);
        await first.WriteAsync(100_000);
        ValueTask<RequestBody> receiving = _reader.ReadAsync(first.Request, MaxBytes);
        receiving.IsCompleted.ShouldBeFalse();

        var second = new Upload(contentLength: 300_000);
        await second.WriteAsync(100_000);
        using (RequestBody refused = await _reader.ReadAsync(second.Request, MaxBytes))
        {
            refused.Refusal!.Reason.ShouldBe(Reason.Overloaded);
        }

        await first.WriteAsync(200_000, last: true);
        using (RequestBody whole = await receiving)
        {
            whole.Refusal.ShouldBeNull();
            whole.Bytes.Length.ShouldBe(300_000);
        }

        var third = new Upload(contentLength: 300_000);
        receiving = _reader.ReadAsync(third.Request, MaxBytes);
        await third.WriteAsync(300_000, last: true);
        using RequestBody taken = await receiving;
        taken.Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task Small_bodies_are_not_counted()
    {
        for (int i = 0; i < 100; i++)
        {
            var upload = new Upload(contentLength: 10_000);
            await upload.WriteAsync(9_000);
            ValueTask<RequestBody> receiving = _reader.ReadAsync(upload.Request, MaxBytes);
            await upload.WriteAsync(1_000, last: true);
            (await receiving).Refusal.ShouldBeNull("never disposed, and still nothing is taken");
        }
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_cut_at_the_limit()
    {
        var upload = new Upload(contentLength: null);
        ValueTask<RequestBody> receiving = _reader.ReadAsync(upload.Request, MaxBytes);
        await upload.WriteAsync(MaxBytes + 1);

        using RequestBody body = await receiving;
        body.Refusal!.Reason.ShouldBe(Reason.BodyTooLarge);
    }

    [Fact]
    public async Task What_a_cut_body_took_of_the_budget_is_given_back()
    {
        for (int i = 0; i < 10; i++)
        {
            var upload = new Upload(contentLength: null);
            await upload.WriteAsync(200_000);
            ValueTask<RequestBody> receiving = _reader.ReadAsync(upload.Request, MaxBytes);
            await upload.WriteAsync(MaxBytes);

            using RequestBody body = await receiving;
            body.Refusal!.Reason.ShouldBe(Reason.BodyTooLarge);
        }
    }

    private sealed class Upload : IRequestBodyPipeFeature
    {
        private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));

        public Upload(long? contentLength)
        {
            var context = new DefaultHttpContext();
            context.Features.Set<IRequestBodyPipeFeature>(this);
            context.Request.ContentLength = contentLength;
            Request = context.Request;
        }

        public HttpRequest Request { get; }

        public PipeReader Reader => _pipe.Reader;

        public async Task WriteAsync(int bytes, bool last = false)
        {
            await _pipe.Writer.WriteAsync(new byte[bytes]);
            if (last)
            {
                await _pipe.Writer.CompleteAsync();
            }
        }
    }
}
