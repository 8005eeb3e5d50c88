using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>Two runs are told apart by whatever differs between them.</summary>
public sealed class Digests
{
    [Fact]
    public void Texts_of_one_length_give_different_traces()
    {
        HashOf(trace => trace.Note(1, 2, TraceKind.Report, text: "leads")).ShouldNotBe(HashOf(trace => trace.Note(1, 2, TraceKind.Report, text: "waits")));
        HashOf(trace => trace.Add("body1")).ShouldNotBe(HashOf(trace => trace.Add("body2")));
        HashOf(trace => trace.Add((string?)null)).ShouldNotBe(HashOf(trace => trace.Add(string.Empty)));
    }

    [Fact]
    public void A_result_is_told_from_another_by_its_counts_its_situations_and_its_verdict()
    {
        RunResult result = Run.Make(new RunOptions { Seed = 3, Events = 300 });
        var failure = new Finding("I13", "a read missed a message");
        RunResult[] others =
        [
            result with { Checks = result.Checks + 1 },
            result with { Messages = result.Messages + 1 },
            result with { TooLargeApart = result.TooLargeApart + 1 },
            result with { TraceHash = result.TraceHash + 1 },
            result with { Reached = [.. result.Reached.SkipLast(1), result.Reached[^1] + 1] },
            result with { Failure = failure },
            result with { Failure = failure with { Message = "a read missed a massage" } },
        ];

        others.Append(result).Select(other => other.Digest).Distinct().Count().ShouldBe(others.Length + 1);
        (result with { Failure = failure with { Message = failure.Message + "\n at Core.Step" } }).Digest.ShouldBe(others[^2].Digest, "the stack of an exception is no part of it");
    }

    private static ulong HashOf(Action<Trace> what)
    {
        var trace = new Trace(null);
        what(trace);
        return trace.Hash;
    }
}
