using System.CommandLine;
using System.Diagnostics;
using RaftMQ.Bench.Load;
using RaftMQ.Bench.Measures;
using RaftMQ.Bench.Reports;
using RaftMQ.Replica.Peers;

namespace RaftMQ.Bench.Commands;

/// <summary><c>links</c>: what the peer protocol costs: one message there and back, and as many as go, beside the loopback's own round trip.</summary>
internal static class LinksCommand
{
    private const int Window = 4_096;
    private const int PayloadBytes = 100;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    public static Command Build()
    {
        Option<int> seconds = SharedOptions.Bounded("--seconds", "How long each run is counted.", 3, 1, 600);
        Option<string?> json = SharedOptions.Json();
        var command = new Command("links", "Measure two peer networks over loopback.") { seconds, json };
        command.SetAction(async (arguments, _) =>
        {
            var report = new Report("links");
            var duration = TimeSpan.FromSeconds(arguments.GetValue(seconds));
            RawRoundTrip.Measure(TimeSpan.FromSeconds(1));
            LatencyHistogram floor = RawRoundTrip.Measure(duration);
            report.Add("loopback, there and back", "loopback", floor);
            LatencyHistogram link = await MeasureRoundTripAsync(duration);
            report.Add("a message there and back", "roundTrip", link);
            report.Add("  p50 / loopback", "ratio", link.Percentile(0.5) / floor.Percentile(0.5), "times", "0.00");
            report.Add("one way", "messagesPerSecond", await MeasureThroughputAsync(duration), $"messages/s of {PayloadBytes} bytes, each answered", "#,0");
            report.Save(arguments.GetValue(json));
        });
        return command;
    }

    private static async Task<LatencyHistogram> MeasureRoundTripAsync(TimeSpan duration)
    {
        using var back = new SemaphoreSlim(0);
        await using LinkPair pair = await LinkPair.ConnectAsync(_ => back.Release());
        RoundTrips(pair, back, TimeSpan.FromSeconds(1));
        return RoundTrips(pair, back, duration);
    }

    private static LatencyHistogram RoundTrips(LinkPair pair, SemaphoreSlim back, TimeSpan duration)
    {
        var latency = new LatencyHistogram();
        long began = Stopwatch.GetTimestamp();
        for (ulong i = 0; Stopwatch.GetElapsedTime(began) < duration; i++)
        {
            long started = Stopwatch.GetTimestamp();
            pair.TrySend(new ForwardCancel(LinkPair.Near, LinkPair.Far, i));
            if (!back.Wait(AnswerTimeout))
            {
                throw new BenchFailedException("a message did not come back");
            }

            latency.Record(started, Stopwatch.GetTimestamp());
        }

        return latency;
    }

    private static async Task<double> MeasureThroughputAsync(TimeSpan duration)
    {
        using var room = new SemaphoreSlim(Window);
        long returned = 0;
        await using LinkPair pair = await LinkPair.ConnectAsync(_ =>
        {
            returned++;
            room.Release();
        });
        byte[] payload = new byte[PayloadBytes];
        long began = Stopwatch.GetTimestamp();
        for (ulong i = 0; Stopwatch.GetElapsedTime(began) < duration; i++)
        {
            if (!room.Wait(AnswerTimeout) || !pair.TrySend(new ForwardRequest(LinkPair.Near, LinkPair.Far, i, 1_000, payload)))
            {
                throw new BenchFailedException("a message was dropped or did not come back");
            }
        }

        return Volatile.Read(ref returned) / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
