using System.Globalization;
using System.Text;
using RaftMQ.Queues;
using RaftMQ.Simulation.Checkers;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>The bound on what one command drops is further off than the backlogs of runs, so it is met here: the plain queue keeps it as the machine does.</summary>
public sealed class DropBound
{
    private const int Messages = 700;

    private readonly List<Operation> _operations = [];
    private readonly List<CommittedCommand> _committed = [];
    private readonly QueueMachine _machine = new();

    [Fact]
    public void What_a_lower_limit_cuts_off_goes_in_the_same_steps()
    {
        var lower = new TopicPolicyChange(MaxMessages: 1, Overflow: Overflow.DropOldest);
        Ask(OperationKind.CreateTopic).ShouldBe(QueueOutcome.Done);
        for (int i = 0; i < Messages; i++)
        {
            Ask(OperationKind.Publish, "m" + i.ToString(CultureInfo.InvariantCulture)).ShouldBe(QueueOutcome.Done);
        }

        Ask(OperationKind.SetPolicy, policy: lower).ShouldBe(QueueOutcome.Done);
        Ask(OperationKind.Publish, "refused").ShouldBe(QueueOutcome.DropBoundReached);
        Ask(OperationKind.Pop).ShouldBe(QueueOutcome.Done);
        Ask(OperationKind.Publish, "taken").ShouldBe(QueueOutcome.Done);

        var history = new History(_operations, _committed, [("a", "taken")], new Dictionary<string, long> { ["a"] = _machine.DroppedCount });
        HistoryChecks.Judge(history).Finding.ShouldBeNull();
        _machine.DroppedCount.ShouldBe(Messages - 1);
    }

    private QueueOutcome Ask(OperationKind kind, string? body = null, TopicPolicyChange policy = default)
    {
        byte[] command = kind switch
        {
            OperationKind.CreateTopic => QueueCommandCodec.CreateTopic("a"),
            OperationKind.Publish => QueueCommandCodec.Publish("a", Encoding.UTF8.GetBytes(body!)),
            OperationKind.Pop => QueueCommandCodec.Pop("a"),
            _ => QueueCommandCodec.SetTopicPolicy("a", policy),
        };
        var committed = new CommittedCommand((ulong)_committed.Count + 1, 1_000, command);
        _committed.Add(committed);
        QueueReply reply = _machine.Apply(committed);
        long moment = 10 * _committed.Count;
        _operations.Add(new Operation
        {
            Number = _committed.Count,
            Client = 1,
            Kind = kind,
            Topic = "a",
            Body = body,
            Policy = policy,
            InvokedAt = moment,
            EndedAt = moment + 1,
            Ending = Ending.Replied,
            Outcome = reply.Outcome,
            Index = reply.Index,
            Taken = reply.Body.IsNone ? null : Encoding.UTF8.GetString(reply.Body.In(_committed[(int)reply.Body.Index - 1].Payload).Span),
        });
        return reply.Outcome;
    }
}
