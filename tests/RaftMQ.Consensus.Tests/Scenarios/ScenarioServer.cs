using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus.Tests.Scenarios;

/// <summary>One server of a scenario: a core, a disk that keeps what was completed, and what it said since it was last asked.</summary>
internal sealed class ScenarioServer
{
    private readonly ScenarioCluster _cluster;
    private readonly RaftOutput _output = new();
    private readonly Queue<(Term Term, LogPosition Last, HardState? State, LogIndex? TruncateFrom, LogEntry[] Entries, List<Message> Messages)> _disk = new();
    private readonly List<LogEntry> _durable = [];
    private HardState _durableState;
    private (Role Role, Term Term, LogIndex Commit) _told;

    public ScenarioServer(ScenarioCluster cluster, uint number, ulong incarnation)
    {
        _cluster = cluster;
        Number = number;
        Id = new ServerId(new NodeId(number), incarnation);
    }

    public uint Number { get; }

    public ServerId Id { get; }

    public RaftCore? Core { get; private set; }

    public bool DiskIsHeld { get; set; }

    public string Name => "S" + Number;

    /// <summary>Puts entries on the disk before the server starts.</summary>
    public void Preload(HardState state, IEnumerable<LogEntry> entries)
    {
        _durableState = state;
        _durable.AddRange(entries);
    }

    public void Start(ulong seed)
    {
        var terms = new List<TermRun>();
        foreach (LogEntry entry in _durable)
        {
            if (terms.Count == 0 || terms[^1].Term != entry.Term)
            {
                terms.Add(new TermRun(entry.Index, entry.Term));
            }
        }

        Core = new RaftCore(
            new RaftOptions { Self = Id, Seed = seed, ElectionTimeoutTicks = 10, HeartbeatTicks = 2, MaxAppendEntries = _cluster.MaxAppendEntries },
            new RecoveredLog
            {
                HardState = _durableState,
                LastIndex = new LogIndex((ulong)_durable.Count),
                Terms = terms,
                Tail = _durable.ToArray(),
                Configurations = [.. _durable.Where(entry => entry.Kind is EntryKind.Birth or EntryKind.Membership)],
            });
        _told = (Core.Role, Core.CurrentTerm, Core.CommitIndex);
    }

    /// <summary>Kill -9: what the disk had not completed is gone.</summary>
    public void Crash()
    {
        Core = null;
        _disk.Clear();
        DiskIsHeld = false;
    }

    /// <summary>Takes everything that follows from the inputs so far.</summary>
    public void Drain()
    {
        if (Core is null)
        {
            return;
        }

        _output.Clear();
        Core.Drain(_output);
        TellRole();
        foreach (Message message in _output.SendNow)
        {
            _cluster.Send(message);
        }

        if (_output.HasPersist)
        {
            _disk.Enqueue((Core.CurrentTerm, Core.Log.Last, _output.HardState, _output.TruncateFrom, [.. _output.Append], [.. _output.SendAfterPersist]));
        }
        else if (_disk.Count > 0)
        {
            _disk.Last().Messages.AddRange(_output.SendAfterPersist);
        }
        else
        {
            _output.SendAfterPersist.ForEach(_cluster.Send);
        }

        foreach (LoadRequest load in _output.Loads)
        {
            _cluster.Tell($"{Name} loads {load.First} to {load.Last} for S{load.For.Node}");
            Core.OnEntriesLoaded(load, _durable.Skip((int)load.First.Value - 1).Take((int)(load.Last.Value - load.First.Value) + 1).ToArray());
        }

        foreach (ReadReady ready in _output.ReadsReady)
        {
            _cluster.Tell($"{Name} read {ready.Read.Value} at index {ready.Index}");
        }

        foreach (ReadId lost in _output.ReadsLost)
        {
            _cluster.Tell($"{Name} read {lost.Value} lost");
        }

        if (Core.CommitIndex != _told.Commit)
        {
            _told.Commit = Core.CommitIndex;
            _cluster.Tell($"{Name} commitIndex {Core.CommitIndex}");
            Core.OnApplied(Core.CommitIndex);
        }

        bool moreToTake = _output.Loads.Count > 0;
        CompleteDisk();
        if (moreToTake)
        {
            Drain();
        }
    }

    public void CompleteDisk()
    {
        bool completed = false;
        while (!DiskIsHeld && Core is not null && _disk.TryDequeue(out var batch))
        {
            completed = true;
            TellDisk(batch.State, batch.TruncateFrom, batch.Entries);
            Keep(batch.State, batch.TruncateFrom, batch.Entries);
            batch.Messages.ForEach(_cluster.Send);
            Core.OnPersisted(batch.Term, batch.Last);
        }

        if (completed)
        {
            Drain();
        }
    }

    public string Describe() => Core is null
        ? $"{Name} down"
        : $"{Name} {Core.Role} term {Core.CurrentTerm}, log {DescribeLog()}, commitIndex {Core.CommitIndex}{DescribePeers()}";

    private string DescribePeers() => Core!.Role != Role.Leader
        ? string.Empty
        : ", matchIndex " + string.Join(" ", Core.Peers.OrderBy(peer => peer.Server.Node).Select(peer => $"S{peer.Server.Node}:{peer.MatchIndex}"));

    private string DescribeLog() => string.Join(" ", Enumerable.Range(1, (int)Core!.Log.Last.Index.Value).Select(i => Core.Log.TermAt(new LogIndex((ulong)i))!.Value.ToString()));

    private void TellRole()
    {
        if (Core!.Role != _told.Role || Core.CurrentTerm != _told.Term)
        {
            _told = (Core.Role, Core.CurrentTerm, _told.Commit);
            _cluster.Tell($"{Name} {Core.Role} term {Core.CurrentTerm}");
        }
    }

    private void TellDisk(HardState? state, LogIndex? truncateFrom, LogEntry[] entries)
    {
        var parts = new List<string>();
        if (state is { } hard)
        {
            parts.Add($"term {hard.CurrentTerm} vote {(hard.VotedFor is { } vote ? "S" + vote.Node : "none")}");
        }

        if (truncateFrom is { } from)
        {
            parts.Add($"truncate from {from}");
        }

        if (entries.Length > 0)
        {
            parts.Add("append " + string.Join(" ", entries.Select(entry => entry.Position)));
        }

        _cluster.Tell($"{Name} disk: {string.Join("; ", parts)}");
    }

    private void Keep(HardState? state, LogIndex? truncateFrom, LogEntry[] entries)
    {
        _durableState = state ?? _durableState;
        if (truncateFrom is { } from)
        {
            _durable.RemoveRange((int)from.Value - 1, _durable.Count - (int)from.Value + 1);
        }

        _durable.AddRange(entries);
    }
}
