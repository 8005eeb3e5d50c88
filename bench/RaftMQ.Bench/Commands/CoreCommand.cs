using System.CommandLine;
using System.Diagnostics;
using RaftMQ.Bench.Measures;
using RaftMQ.Bench.Reports;

namespace RaftMQ.Bench.Commands;

/// <summary><c>core</c>: three cores in one thread: proposals per second, and what each leaves on the heap.</summary>
internal static class CoreCommand
{
    private const int PayloadBytes = 100;

    public static Command Build()
    {
        Option<int> seconds = SharedOptions.Bounded("--seconds", "How long is counted.", 5, 1, 600);
        Option<int> batch = SharedOptions.Bounded("--batch", "Proposals in one turn.", 256, 1, 1024);
        Option<string?> json = SharedOptions.Json();
        var command = new Command("core", "Step three cores in one thread, without disk or network.") { seconds, batch, json };
        command.SetAction(arguments =>
        {
            var report = new Report($"core --batch {arguments.GetValue(batch)}");
            Measure(report, TimeSpan.FromSeconds(arguments.GetValue(seconds)), arguments.GetValue(batch));
            report.Save(arguments.GetValue(json));
        });
        return command;
    }

    private static void Measure(Report report, TimeSpan duration, int batch)
    {
        var trio = new CoreTrio();

        // One payload for all: in a server it comes from the request and is kept by the entry, whoever makes it. Its cost is given apart.
        byte[] payload = new byte[PayloadBytes];
        Run(trio, payload, batch, TimeSpan.FromSeconds(2));
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        int collectionsBefore = GC.CollectionCount(0);
        (long proposals, double seconds) = Run(trio, payload, batch, duration);
        double allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;

        report.Add("proposals committed by three", "proposalsPerSecond", proposals / seconds, "per second, on one thread", "#,0");
        report.Add("time per proposal", "nanosecondsPerProposal", seconds * 1e9 / proposals, "ns, for all three cores", "#,0");
        report.Add("allocated per proposal", "bytesPerProposal", allocated / proposals, "bytes, by all three cores, payload not counted", "#,0.00");
        report.Add("  the payload's array", "payloadBytes", AllocatedByArray(), $"bytes each, for {PayloadBytes} bytes", "#,0");
        report.Add("young collections", "collections", GC.CollectionCount(0) - collectionsBefore, "");
    }

    private static (long Proposals, double Seconds) Run(CoreTrio trio, byte[] payload, int batch, TimeSpan duration)
    {
        ulong committedBefore = trio.CommitIndex.Value;
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            trio.Propose(batch, payload);
        }

        return ((long)(trio.CommitIndex.Value - committedBefore), Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private static long AllocatedByArray()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] array = new byte[PayloadBytes];
        long after = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(array);
        return after - before;
    }
}
