using RaftMQ.Queues;
using RaftMQ.Simulation.Checkers;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>
/// The four bad patterns are all there are (the theorem of Henzinger, Sezgin and Vafeiadis), so that the search for a linearization and the search for patterns
/// agree on every history of publishes and pops, good or bad. Neither knows the other's way.
/// </summary>
public sealed class Agreement
{
    private const int RandomHistories = 10_000;
    private const int ShuffledRuns = 1_000;
    private const string Topic = "a";

    [Fact]
    public void Patterns_and_search_agree_on_random_histories()
    {
        int good = 0;
        for (ulong seed = 0; seed < RandomHistories; seed++)
        {
            good += Agree(Random(new Chance(seed)), seed) ? 1 : 0;
        }

        good.ShouldBeInRange(RandomHistories / 20, RandomHistories * 19 / 20, "both kinds are among them");
    }

    [Fact]
    public void They_agree_on_runs_whose_pops_have_exchanged_their_results()
    {
        int good = 0;
        for (ulong seed = 0; seed < ShuffledRuns; seed++)
        {
            MadeRun run = MadeRun.Make(seed, operations: 40);
            Shuffle(run.History.Operations, new Chance(seed));
            good += Agree(run.History, seed) ? 1 : 0;
        }

        good.ShouldBeInRange(ShuffledRuns / 20, ShuffledRuns * 19 / 20, "both kinds are among them");
    }

    private static bool Agree(History history, ulong seed)
    {
        Finding? pattern = FifoCheck.Judge(history);
        IReadOnlyList<WglVerdict> verdicts = WglCheck.Judge(history);

        verdicts.ShouldAllBe(verdict => verdict.Outcome == WglOutcome.Linearizable || verdict.Outcome == WglOutcome.NotLinearizable);
        bool isLinearizable = verdicts.All(verdict => verdict.Outcome == WglOutcome.Linearizable);
        isLinearizable.ShouldBe(pattern is null, $"seed {seed}: {pattern?.Message ?? string.Join("\n", verdicts)}");
        return isLinearizable;
    }

    /// <summary>Up to four messages published and mostly popped, and a few pops that found nothing, at random moments; what was not popped is left in random order.</summary>
    private static History Random(Chance chance)
    {
        var operations = new List<Operation> { Operation(OperationKind.CreateTopic, 1, 2, QueueOutcome.Done, null) };
        string[] values = [.. Enumerable.Range(1, 1 + chance.Below(4)).Select(i => "m" + i)];
        List<long> moments = [.. Enumerable.Range(3, 40).Select(i => (long)i)];
        var remaining = new List<(string Topic, string Body)>();
        long Moment()
        {
            int which = chance.Below(moments.Count);
            long moment = moments[which];
            moments.RemoveAt(which);
            return moment;
        }

        void Add(OperationKind kind, QueueOutcome outcome, string? value)
        {
            (long one, long other) = (Moment(), Moment());
            operations.Add(Operation(kind, Math.Min(one, other), Math.Max(one, other), outcome, value));
        }

        foreach (string value in values)
        {
            Add(OperationKind.Publish, QueueOutcome.Done, value);
            if (chance.Below(4) > 0)
            {
                Add(OperationKind.Pop, QueueOutcome.Done, value);
            }
            else
            {
                remaining.Insert(chance.Below(remaining.Count + 1), (Topic, value));
            }
        }

        for (int empty = chance.Below(3); empty > 0; empty--)
        {
            Add(OperationKind.Pop, QueueOutcome.Empty, null);
        }

        return new History([.. operations.OrderBy(operation => operation.InvokedAt)], [], remaining);
    }

    private static Operation Operation(OperationKind kind, long begin, long end, QueueOutcome outcome, string? value) => new()
    {
        Number = (int)begin,
        Client = (int)begin,
        Kind = kind,
        Topic = Topic,
        Body = kind == OperationKind.Publish ? value : null,
        Taken = kind == OperationKind.Pop ? value : null,
        InvokedAt = begin,
        EndedAt = end,
        Ending = Ending.Replied,
        Outcome = outcome,
    };

    private static void Shuffle(IReadOnlyList<Operation> operations, Chance chance)
    {
        IEnumerable<Operation> told = operations.Where(operation => operation is { Kind: OperationKind.Pop, Key: null, Taken: not null });
        foreach (Operation[] pops in told.GroupBy(pop => pop.Topic).Select(topic => topic.ToArray()))
        {
            for (int exchanges = chance.Below(3); exchanges > 0; exchanges--)
            {
                int one = chance.Below(pops.Length);
                int other = Math.Min(pops.Length - 1, one + 1 + chance.Below(2));
                (pops[one].Taken, pops[other].Taken) = (pops[other].Taken, pops[one].Taken);
            }
        }
    }
}
