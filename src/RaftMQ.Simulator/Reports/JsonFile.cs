using System.Text.Json;
using System.Text.Json.Nodes;
using RaftMQ.Simulator.Commands;
using RaftMQ.Simulator.Reach;
using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Reports;

/// <summary>All figures for programs: what the table says, and every failure with the command that replays it.</summary>
internal sealed class JsonFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly string _path;

    /// <summary>A file that can be written: found out before the runs, not after them.</summary>
    /// <exception cref="BadArgumentsException">It cannot.</exception>
    public JsonFile(string path)
    {
        _path = path;
        try
        {
            File.WriteAllText(path, string.Empty);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadArgumentsException($"--json: {path} cannot be written: {e.Message}");
        }
    }

    public void Write(Summary summary) => File.WriteAllText(_path, Of(summary).ToJsonString(Indented) + "\n");

    private static JsonObject Of(Summary summary) => new()
    {
        ["title"] = summary.Title,
        ["planned"] = summary.Planned,
        ["runs"] = summary.Figures.Runs,
        ["failed"] = summary.Figures.Failed,
        ["interrupted"] = summary.Interrupted,
        ["abandonedSeeds"] = new JsonArray([.. summary.Abandoned.Select(run => JsonValue.Create(run.Seed))]),
        ["workers"] = summary.Workers,
        ["seconds"] = summary.Elapsed.TotalSeconds,
        ["events"] = summary.Figures.Events,
        ["eventsPerSecond"] = summary.EventsPerSecond,
        ["eventsPerSecondPerWorker"] = summary.EventsPerSecondPerWorker,
        ["traceHash"] = summary.Figures.TraceHash.ToString("x16", null),
        ["operations"] = summary.Figures.Operations,
        ["operationsPerThousandEvents"] = summary.Figures.OperationsPerThousand,
        ["messages"] = summary.Figures.Messages,
        ["topicsJudgedApart"] = summary.Figures.JudgedApart,
        ["topicsTooLarge"] = summary.Figures.TooLargeApart,
        ["checks"] = summary.Figures.Checks,
        ["heap"] = new JsonArray([OfHeap(summary.FirstHeap), OfHeap(summary.LastHeap)]),
        ["madeInTwoProcesses"] = summary.DoubleRuns,
        ["differentRuns"] = new JsonArray([.. summary.DifferentRuns.Select(text => JsonValue.Create(text))]),
        ["floorsJudged"] = summary.JudgesFloors,
        ["missedFloors"] = new JsonArray([.. summary.MissedFloors.Select(text => JsonValue.Create(text))]),
        ["situations"] = new JsonArray([.. Floors.All.Select(floor => OfReached(floor, summary.Figures)), .. Floors.Waiting.Select(OfWaiting)]),
        ["failures"] = new JsonArray([.. summary.Figures.Failures.Select(OfFailure)]),
    };

    private static JsonObject? OfHeap(Heap? heap) => heap is null ? null : new() { ["runs"] = heap.Runs, ["bytes"] = heap.Bytes };

    private static JsonObject OfReached(Floor floor, Figures figures) => new()
    {
        ["name"] = floor.Name,
        ["times"] = figures.Times[(int)floor.Situation],
        ["seeds"] = figures.RunsThatReached[(int)floor.Situation],
        ["share"] = figures.ShareOf(floor.Situation),
        ["floor"] = floor.Share,
    };

    private static JsonObject OfWaiting((string Name, string Feature) waiting) => new() { ["name"] = waiting.Name, ["waitsFor"] = waiting.Feature };

    private static JsonObject OfFailure(Failure failure) => new()
    {
        ["seed"] = failure.Options.Seed,
        ["events"] = failure.Options.Events,
        ["horizon"] = failure.Options.Horizon ?? failure.Options.Events,
        ["profile"] = failure.Options.Profile.ToString(),
        ["without"] = new JsonArray([.. failure.Options.Without.Order().Select(kind => JsonValue.Create(kind.ToString()))]),
        ["invariant"] = failure.Finding.Invariant,
        ["message"] = failure.Finding.Message,
        ["lastLines"] = new JsonArray([.. failure.LastLines.Select(line => JsonValue.Create(line))]),
        ["replay"] = ReplayCommand.Of(failure.Options),
    };
}
