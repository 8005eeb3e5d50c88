using System.Globalization;
using RaftMQ.Simulator.Reach;
using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Reports;

/// <summary>The one table at the end.</summary>
internal static class Table
{
    public static void Write(TextWriter output, Summary summary)
    {
        Figures figures = summary.Figures;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.Title}; {summary.Workers} workers, {summary.Elapsed.TotalSeconds:0.0} s"));
        Row(output, "runs", $"{figures.Runs:N0}", $"of {summary.Planned:N0}{(summary.Interrupted ? ", interrupted" : string.Empty)}");
        Row(output, "events", $"{figures.Events:N0}", $"trace hash of all {figures.TraceHash:x16}");
        Row(output, "events per second", $"{summary.EventsPerSecond:N0}", $"{summary.EventsPerSecondPerWorker:N0} per worker");
        Row(output, "client operations", $"{figures.Operations:N0}", $"{figures.OperationsPerThousand:0.0} per 1,000 events, floor {Floors.OperationsPerThousandEvents}");
        Row(output, "messages accounted", $"{figures.Messages:N0}", $"");
        Row(output, "topics judged by the independent check", $"{figures.JudgedApart:N0}", $"with a publish; {figures.TooLargeApart:N0} more were too large for it");
        Row(output, "invariants checked", $"{figures.Checks:N0}", $"");
        if (summary.LastHeap is { } last)
        {
            string before = summary.FirstHeap is { } first ? FormattableString.Invariant($"{first.Bytes / 1024:N0} after {first.Runs:N0} runs") : string.Empty;
            Row(output, "KiB alive at the end", $"{last.Bytes / 1024:N0}", $"{before}");
        }

        if (summary.DoubleRuns is { } compared)
        {
            Row(output, "made in two processes", $"{compared:N0}", $"{summary.DifferentRuns.Count} of them differ");
        }

        WriteSituations(output, figures);
        Row(output, "failures", $"{figures.Failed:N0}", $"");
        WriteDetails(output, summary);
    }

    private static void WriteSituations(TextWriter output, Figures figures)
    {
        output.WriteLine();
        output.WriteLine($"  {"situation reached",-44} {"times",12} {"seeds",9} {"share",8} {"floor",7}");
        foreach (Floor floor in Floors.All)
        {
            double share = figures.ShareOf(floor.Situation);
            string mark = share < floor.Share ? "  below" : string.Empty;
            int i = (int)floor.Situation;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {floor.Name,-44} {figures.Times[i],12:N0} {figures.RunsThatReached[i],9:N0} {100 * share,6:0.0} % {100 * floor.Share,5:0.0} %{mark}"));
        }

        foreach ((string name, string feature) in Floors.Waiting)
        {
            output.WriteLine($"  {name,-44} waits for {feature}");
        }

        output.WriteLine();
    }

    private static void WriteDetails(TextWriter output, Summary summary)
    {
        foreach (string different in summary.DifferentRuns)
        {
            output.WriteLine($"NOT DETERMINISTIC  {different}");
        }

        foreach (string missed in summary.JudgesFloors ? summary.MissedFloors : [])
        {
            output.WriteLine($"FLOOR MISSED  {missed}");
        }

        foreach (RunUnderWay run in summary.Abandoned)
        {
            output.WriteLine(FormattableString.Invariant($"seed {run.Seed} was still under way after {run.Elapsed.TotalSeconds:0} s and is not counted"));
        }

        foreach (Failure failure in summary.Figures.Failures)
        {
            FailureReport.Write(output, failure);
        }

        int more = summary.Figures.Failed - summary.Figures.Failures.Length;
        if (more > 0)
        {
            output.WriteLine(FormattableString.Invariant($"and {more:N0} more failures"));
        }
    }

    private static void Row(TextWriter output, string name, FormattableString value, FormattableString remark) => output.WriteLine(
        $"  {name,-44} {FormattableString.Invariant(value),12}   {FormattableString.Invariant(remark)}".TrimEnd());
}
