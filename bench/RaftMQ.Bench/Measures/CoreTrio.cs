using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;

namespace RaftMQ.Bench.Measures;

/// <summary>
/// Three cores in one thread, without disk or network: what one wants to persist is persisted at once, what one sends arrives at once. What is
/// measured with it is the cost of the protocol alone.
/// </summary>
internal sealed class CoreTrio
{
    /// <summary>Rounds of messages after which a turn has come to rest; more would mean that the cores talk without end.</summary>
    private const int MaxRounds = 100;

    private readonly Dictionary<ServerId, Member> _members;
    private readonly RaftOutput _output = new();
    private readonly Member _leader;

    public CoreTrio()
    {
        ServerId[] servers = [.. Enumerable.Range(1, 3).Select(node => new ServerId(new NodeId((uint)node), 1_000 + (ulong)node))];
        var membership = new Membership([.. servers.Select(server => new Consensus.Member(server.Node, server.Incarnation, "", ""))]);
        var birth = new Birth(new ClusterId(1), servers[0], membership, ReadOnlyMemory<byte>.Empty);
        var entry = new LogEntry(Birth.Position.Index, Birth.Position.Term, EntryKind.Birth, default, birth.Encode());
        _members = servers.ToDictionary(server => server, server => new Member(server));
        foreach (Member member in _members.Values)
        {
            member.Core.AdoptBirth(entry);
            foreach (ServerId other in servers.Where(other => other != member.Id))
            {
                member.Core.OnLinkUp(other);
            }
        }

        Settle();
        _leader = _members.Values.FirstOrDefault(member => member.Core.Role == Role.Leader)
            ?? throw new BenchFailedException("none of the three cores leads after the birth");
    }

    public LogIndex CommitIndex => _leader.Core.CommitIndex;

    /// <summary>Proposes so many commands in one turn and lets the three come to rest.</summary>
    public void Propose(int count, ReadOnlyMemory<byte> command)
    {
        for (int i = 0; i < count; i++)
        {
            ProposeResult result = _leader.Core.Propose(_leader.Core.Log.LastTime, command);
            if (result.Outcome != ProposeOutcome.Proposed)
            {
                throw new BenchFailedException($"a proposal was answered with {result.Outcome}");
            }
        }

        Settle();
    }

    private void Settle()
    {
        for (int round = 0; round < MaxRounds; round++)
        {
            bool active = false;
            foreach (Member member in _members.Values)
            {
                active |= Turn(member);
            }

            if (!active)
            {
                return;
            }
        }

        throw new BenchFailedException($"the cores did not come to rest within {MaxRounds} rounds");
    }

    private bool Turn(Member member)
    {
        (member.Inbox, member.Reading) = (member.Reading, member.Inbox);
        foreach (Message message in member.Reading)
        {
            member.Core.Receive(message);
        }

        bool received = member.Reading.Count > 0;
        member.Reading.Clear();
        _output.Clear();
        member.Core.Drain(_output);
        if (_output.HasPersist)
        {
            member.Core.OnPersisted(member.Core.CurrentTerm, member.Core.Log.Last);
        }

        Deliver(_output.SendNow);
        Deliver(_output.SendAfterPersist);
        if (_output.CommitIndex is { } commit)
        {
            member.Core.OnApplied(commit);
        }

        return received || _output.HasPersist || _output.CommitIndex is not null;
    }

    private void Deliver(List<Message> messages)
    {
        foreach (Message message in messages)
        {
            _members[message.To].Inbox.Add(message);
        }
    }

    private sealed class Member(ServerId id)
    {
        public ServerId Id { get; } = id;

        public RaftCore Core { get; } = new(new RaftOptions { Self = id, Seed = id.Node.Value, TailBytes = 1024 * 1024 }, RecoveredLog.Empty);

        public List<Message> Inbox { get; set; } = [];

        public List<Message> Reading { get; set; } = [];
    }
}
