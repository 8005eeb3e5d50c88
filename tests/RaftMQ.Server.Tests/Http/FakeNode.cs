using System.Runtime.CompilerServices;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;
using RaftMQ.Server.Http;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Server.Tests.Http;

/// <summary>A node without Raft: the real queue behind a lock, every command committed as soon as it comes, unless a test prescribes another
/// end.</summary>
internal sealed class FakeNode : IQueueNode
{
    private readonly QueueLimits _limits;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private QueueMachine? _machine;
    private readonly Dictionary<ulong, ReadOnlyMemory<byte>> _log = [];
    private ulong _index;

    public FakeNode(QueueLimits limits) => _limits = limits;

    /// <summary>How every request ends from now on, whatever it asks.</summary>
    public RequestResult? Prescribed { get; set; }

    /// <summary>Whether requests wait until their client goes away.</summary>
    public bool Holds { get; set; }

    /// <summary>Ends when a held request was given up by its client.</summary>
    public Task Abandoned => _abandoned.Task;

    /// <summary>Commands that were submitted.</summary>
    public int Submitted { get; private set; }

    public NodeStatus Status { get; set; } = new()
    {
        Phase = NodePhase.Member,
        Role = Role.Leader,
        Term = new Term(3),
        Leader = new NodeId(1),
        Identity = new ServerIdentity(new ClusterId(UInt128.One), new ServerId(new NodeId(1), 0xabc)),
        Membership = new Membership(
        [
            new Member(new NodeId(1), 0xabc, "127.0.0.1:7001", "127.0.0.1:8081"),
            new Member(new NodeId(2), 0xdef, "127.0.0.1:7002", "127.0.0.1:8082"),
        ]),
    };

    public (int Count, long Bytes) RequestsUnderWay { get; set; }

    /// <summary>How changes of the cluster end.</summary>
    public ChangeResult ChangeEnds { get; set; }

    /// <summary>The changes that were asked for.</summary>
    public List<ClusterChange> Changes { get; } = [];

    /// <summary>Whether changes wait until their client goes away.</summary>
    public bool HoldsChanges { get; set; }

    public async ValueTask<ChangeResult> ChangeAsync(ClusterChange change, CancellationToken cancellation)
    {
        Changes.Add(change);
        if (HoldsChanges)
        {
            await HoldAsync(cancellation);
        }

        return ChangeEnds;
    }

    /// <summary>What a backup brings; it breaks off if it ends with null.</summary>
    public IReadOnlyList<byte[]?>? Backup { get; set; }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> BackupAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.Yield();
        foreach (byte[]? piece in Backup ?? throw new BackupEndedException(RequestOutcome.Overloaded))
        {
            yield return piece ?? throw new BackupEndedException(RequestOutcome.OutcomeUnknown);
        }
    }

    public async ValueTask<RequestResult> SubmitAsync(ReadOnlyMemory<byte> command, CancellationToken cancellation)
    {
        Submitted++;
        if (Holds)
        {
            await HoldAsync(cancellation);
            return new RequestResult(RequestOutcome.Cancelled, default, null);
        }

        return Prescribed ?? Apply(command);
    }

    public ValueTask<TopicReadResult> ReadTopicsAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(Prescribed is { } end
                ? new TopicReadResult(end.Outcome, 0, end.Leader) { Limit = end.Limit }
                : new TopicReadResult(RequestOutcome.Replied, _index, new NodeId(1)) { Topics = [.. Machine().Topics] });
        }
    }

    public ValueTask<TopicReadResult> ReadTopicAsync(string topic, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(Prescribed is { } end
                ? new TopicReadResult(end.Outcome, 0, end.Leader) { Limit = end.Limit }
                : new TopicReadResult(RequestOutcome.Replied, _index, new NodeId(1)) { Topic = Machine().Look(topic) });
        }
    }

    private RequestResult Apply(ReadOnlyMemory<byte> command)
    {
        lock (_gate)
        {
            QueueMachine machine = Machine();
            _log.Add(++_index, command);
            QueueReply reply = machine.Apply(new CommittedCommand(_index, TimeMilliseconds: 1, command));
            return new RequestResult(RequestOutcome.Replied, reply, new NodeId(1), reply.Body.IsNone ? default : reply.Body.In(_log[reply.Body.Index]));
        }
    }

    // Born with the first request: index 1 is the birth, as in a real log.
    private QueueMachine Machine()
    {
        if (_machine is null)
        {
            _machine = new QueueMachine();
            _machine.Apply(new CommittedCommand(++_index, TimeMilliseconds: 1, QueueCommandCodec.Configure(_limits)));
        }

        return _machine;
    }

    private async Task HoldAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        }
        catch (OperationCanceledException)
        {
            _abandoned.SetResult();
        }
    }
}
