using System.Text;
using RaftMQ.Queues;
using RaftMQ.Simulation.Checkers;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>What the independent check does not judge it says so, and never passes it; the other checks judge histories of any size.</summary>
public sealed class Bounds
{
    [Fact]
    public void A_topic_with_more_than_2000_operations_is_left_to_the_other_checks()
    {
        MadeRun run = MadeRun.Make(seed: 1, operations: 20_000);

        WglVerdict[] verdicts = [.. WglCheck.Judge(run.History).Where(verdict => verdict.Operations > WglCheck.MaxOperations)];
        Judgement judgement = HistoryChecks.Judge(run.History);

        verdicts.ShouldNotBeEmpty();
        verdicts.ShouldAllBe(verdict => verdict.Outcome == WglOutcome.TooLarge);
        judgement.Finding.ShouldBeNull();
        judgement.TooLarge.ShouldBe(verdicts.Length);
        judgement.Messages.ShouldBeGreaterThan(5_000);
    }

    [Theory]
    [InlineData(WglCheck.MaxConcurrent, WglOutcome.Linearizable)]
    [InlineData(WglCheck.MaxConcurrent + 1, WglOutcome.TooLarge)]
    public void Twelve_operations_at_the_same_time_are_judged_and_thirteen_are_not(int concurrent, WglOutcome outcome)
    {
        WglVerdict verdict = WglCheck.Judge(Together(concurrent)).ShouldHaveSingleItem();

        verdict.Outcome.ShouldBe(outcome, verdict.Explanation);
    }

    [Fact]
    public void A_search_that_has_spent_its_budget_knows_nothing_and_passes_nothing()
    {
        WglVerdict verdict = WglCheck.Judge(Together(WglCheck.MaxConcurrent), budget: 10).ShouldHaveSingleItem();

        verdict.Outcome.ShouldBe(WglOutcome.Unknown);
        verdict.Steps.ShouldBeGreaterThan(10);
        Judgement judgement = HistoryChecks.Judge(Together(WglCheck.MaxConcurrent), budget: 10);
        judgement.Findings.ShouldHaveSingleItem().Check.ShouldBe(HistoryCheck.Wgl);
        judgement.Finding!.Message.ShouldContain("topic a: no verdict within 10 steps");
        judgement.JudgedApart.ShouldBe(0);
    }

    [Fact]
    public void A_topic_that_nothing_was_published_to_is_not_counted_as_judged()
    {
        CommittedCommand[] log = [new(1, 0, QueueCommandCodec.CreateTopic("a"))];

        Judgement judgement = HistoryChecks.Judge(new History([Told(OperationKind.CreateTopic, null, 1, 2, 1)], log, []));

        judgement.Finding.ShouldBeNull();
        judgement.JudgedApart.ShouldBe(0);
        HistoryChecks.Judge(Together(3)).JudgedApart.ShouldBe(1);
    }

    /// <summary>Two publishes at a time, then two pops at a time: after each round the topic is empty whatever the order was. Without the memo there are 4^30 ways.</summary>
    [Fact]
    public void The_memo_keeps_a_search_small_that_fails_late()
    {
        const int Rounds = 30;
        List<Operation> operations = [Told(OperationKind.CreateTopic, null, 1, 2, 1)];
        for (int round = 0; round < Rounds; round++)
        {
            (string one, string other, long at) = ($"m{round}", $"n{round}", 10 * (round + 1));
            operations.AddRange([Told(OperationKind.Publish, one, at, at + 2, 0), Told(OperationKind.Publish, other, at + 1, at + 3, 0)]);
            operations.AddRange([Told(OperationKind.Pop, one, at + 4, at + 6, 0), Told(OperationKind.Pop, other, at + 5, at + 7, 0)]);
        }

        operations.Add(Told(OperationKind.Pop, "m0", 1_000, 1_001, 0));

        WglVerdict verdict = WglCheck.Judge(new History(operations, [], [])).ShouldHaveSingleItem();

        verdict.Outcome.ShouldBe(WglOutcome.NotLinearizable, verdict.Explanation);
        verdict.Steps.ShouldBeLessThan(100 * Rounds);
    }

    /// <summary>Publishes in pairs that overlap, left the other way round than they were sent, as only the end shows. Without the look at the pops there are 2^50 ways.</summary>
    [Fact]
    public void The_order_of_what_came_out_keeps_a_search_small_that_would_learn_it_late()
    {
        const int Pairs = 50;
        List<Operation> operations = [Told(OperationKind.CreateTopic, null, 1, 2, 1)];
        var remaining = new List<(string Topic, string Body)>();
        for (int pair = 0; pair < Pairs; pair++)
        {
            (string one, string other, long at) = ($"m{pair}", $"n{pair}", 10 * (pair + 1));
            operations.AddRange([Told(OperationKind.Publish, one, at, at + 2, 0), Told(OperationKind.Publish, other, at + 1, at + 3, 0)]);
            remaining.AddRange([("a", other), ("a", one)]);
        }

        WglVerdict verdict = WglCheck.Judge(new History(operations, [], remaining)).ShouldHaveSingleItem();

        verdict.Outcome.ShouldBe(WglOutcome.Linearizable, verdict.Explanation);
        verdict.Steps.ShouldBeLessThan(100 * Pairs);
    }

    /// <summary>A topic, and publishes that all overlap; their messages are left in the order of their numbers.</summary>
    private static History Together(int publishes)
    {
        Operation[] sent = [.. Enumerable.Range(1, publishes).Select(i => Told(OperationKind.Publish, "m" + i, 10 + i, 100 + i, (ulong)i + 1))];
        CommittedCommand[] log =
        [
            new(1, 0, QueueCommandCodec.CreateTopic("a")),
            .. sent.Select(publish => new CommittedCommand(publish.Index, 0, QueueCommandCodec.Publish("a", Encoding.UTF8.GetBytes(publish.Body!)))),
        ];
        return new History([Told(OperationKind.CreateTopic, null, 1, 2, 1), .. sent], log, [.. sent.Select(publish => ("a", publish.Body!))]);
    }

    private static Operation Told(OperationKind kind, string? value, long begin, long end, ulong index) => new()
    {
        Number = (int)begin,
        Client = (int)begin,
        Kind = kind,
        Topic = "a",
        Body = kind == OperationKind.Publish ? value : null,
        Taken = kind == OperationKind.Pop ? value : null,
        InvokedAt = begin,
        EndedAt = end,
        Ending = Ending.Replied,
        Outcome = QueueOutcome.Done,
        Index = index,
    };
}
