using System.Text;
using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus.Tests.Scenarios;

/// <summary>One server of a scenario: a core, a disk that keeps what was completed, and what it said since it was last asked.</summary>
internal sealed class ScenarioServer
{
    private readonly ScenarioCluster _cluster;
    private readonly RaftOutput _output = new();
    private readonly Queue<DiskWork> _work = new();
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

    public ScenarioDisk Disk { get; } = new();

    public bool DiskIsHeld { get; set; }

    public string Name => "S" + Number;

    public void Start(ulong seed)
    {
        var options = new RaftOptions
        {
            Self = Id,
            Seed = seed,
            ElectionTimeoutTicks = 10,
            MaxElectionTimeoutTicks = 10,
            HeartbeatTicks = 2,
            MaxAppendEntries = _cluster.MaxAppendEntries,
            MaxSnapshotPieceBytes = 4,
            SnapshotPatienceTicks = 20,
        };
        Core = new RaftCore(options, Disk.Recovered());
        Core.OnSnapshotSaved(Disk.NewestSnapshot);
        _told = (Core.Role, Core.CurrentTerm, Core.CommitIndex);
    }

    /// <summary>Kill -9: what the disk had not completed is gone.</summary>
    public void Crash()
    {
        Core = null;
        _work.Clear();
        Disk.Crash();
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

        GiveToDisk();
        foreach (LoadRequest load in _output.Loads)
        {
            _cluster.Tell($"{Name} loads {load.First} to {load.Last} for S{load.For.Node}");
            Core.OnEntriesLoaded(load, Disk.Load(load));
        }

        foreach (SnapshotLoad load in _output.SnapshotLoads)
        {
            Load(load);
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

        bool moreToTake = _output.Loads.Count > 0 || _output.SnapshotLoads.Count > 0;
        CompleteDisk();
        if (moreToTake)
        {
            Drain();
        }
    }

    public void CompleteDisk()
    {
        bool completed = false;
        while (!DiskIsHeld && Core is not null && _work.TryDequeue(out DiskWork? work))
        {
            completed = true;
            if (work.Piece is { } piece)
            {
                Complete(piece);
                continue;
            }

            TellDisk(work.State, work.TruncateFrom, work.Entries);
            Disk.Keep(work.State, work.TruncateFrom, work.Entries);
            work.Messages.ForEach(_cluster.Send);
            Core.OnPersisted(work.Term, work.Last);
        }

        if (completed)
        {
            Drain();
        }
    }

    /// <summary>The owner saves a snapshot of all that is committed.</summary>
    public void SaveSnapshot()
    {
        LogIndex last = Core!.CommitIndex;
        var snapshot = new LogPosition(last, Core.Log.TermAt(last)!.Value);
        Disk.SaveSnapshot(snapshot);
        Core.OnSnapshotSaved(snapshot);
        Drain();
    }

    /// <summary>The owner releases the log below its newest snapshot.</summary>
    public void Compact()
    {
        Core!.CompactLog(Disk.NewestSnapshot.Index);
        Disk.Compact(Core.Log.Base);
        Drain();
    }

    public string Describe() => Core is null
        ? $"{Name} down"
        : $"{Name} {Core.Role} term {Core.CurrentTerm}, log {DescribeLog()}, commitIndex {Core.CommitIndex}{DescribePeers()}{DescribeMembers()}";

    private string DescribeMembers()
    {
        IReadOnlyList<Member> members = Core!.Membership!.Members;
        bool isAsAtFirst = members.Select(member => (member.Node.Value, member.Suffrage)).SequenceEqual(Enumerable.Range(1, _cluster.FirstSize).Select(i => ((uint)i, Suffrage.Voter)));
        return isAsAtFirst ? string.Empty : ", members " + string.Join(" ", members.Select(member => $"{member.Suffrage switch
        {
            Suffrage.Learner => "?",
            Suffrage.Incoming => "+",
            Suffrage.Outgoing => "-",
            _ => string.Empty,
        }}S{member.Node}"));
    }

    private string DescribePeers() => Core!.Role != Role.Leader
        ? string.Empty
        : ", matchIndex " + string.Join(" ", Core.Peers.OrderBy(peer => peer.Server.Node).Select(peer => $"S{peer.Server.Node}:{peer.MatchIndex}"))
            + string.Concat(Core.SnapshotsUnderWay().Select(snapshot => $", snapshot {snapshot} under way"));

    private string DescribeLog()
    {
        RaftLog log = Core!.Log;
        string released = log.Base == LogPosition.Zero ? string.Empty : $"[{log.Base}] ";
        IEnumerable<int> indexes = Enumerable.Range((int)log.Base.Index.Value + 1, (int)(log.Last.Index.Value - log.Base.Index.Value));
        return (released + string.Join(" ", indexes.Select(i => log.TermAt(new LogIndex((ulong)i))!.Value.ToString()))).TrimEnd();
    }

    private void GiveToDisk()
    {
        if (_output.HasPersist)
        {
            _work.Enqueue(new DiskWork(Core!.CurrentTerm, Core.Log.Last, _output.HardState, _output.TruncateFrom, [.. _output.Append], [.. _output.SendAfterPersist], null));
        }
        else if (_work.LastOrDefault(work => work.Piece is null) is { } last)
        {
            last.Messages.AddRange(_output.SendAfterPersist);
        }
        else
        {
            _output.SendAfterPersist.ForEach(_cluster.Send);
        }

        foreach (SnapshotPiece piece in _output.SnapshotPieces)
        {
            _work.Enqueue(new DiskWork(default, default, null, null, [], [], piece));
        }
    }

    private void Load(SnapshotLoad load)
    {
        string bytes = ScenarioDisk.BytesOf(Id, load.Snapshot)[(int)load.Offset..];
        string piece = bytes[..Math.Min(bytes.Length, load.MaxBytes)];
        _cluster.Tell($"{Name} loads {load.Offset}+{piece.Length} of snapshot {load.Snapshot} for S{load.For.Node}");
        _cluster.RememberConfigurations(load.Snapshot, Disk.ConfigurationsAt(load.Snapshot.Index));
        Core!.OnSnapshotLoaded(load, Encoding.ASCII.GetBytes(piece), piece.Length == bytes.Length);
    }

    private void Complete(SnapshotPiece piece)
    {
        string name = $"{piece.Offset}+{piece.Data.Length} of snapshot {piece.Snapshot}";
        if (Disk.RefusesNextPiece)
        {
            Disk.RefusesNextPiece = false;
            Disk.Crash();
            _cluster.Tell($"{Name} disk refuses {name}");
            Core!.OnSnapshotPieceFailed(piece);
            return;
        }

        Disk.Write(piece);
        _cluster.Tell($"{Name} disk: {name}{(piece.IsLast ? ", installed" : string.Empty)}");
        if (!piece.IsLast)
        {
            Core!.OnSnapshotPieceSaved(piece);
            return;
        }

        LogEntry[] configurations = _cluster.ConfigurationsOf(piece.Snapshot);
        Disk.Install(configurations);
        Core!.OnSnapshotInstalled(piece.Snapshot, default, configurations);
    }

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

    /// <summary>A batch, or a piece of a snapshot.</summary>
    private sealed record DiskWork(
        Term Term, LogPosition Last, HardState? State, LogIndex? TruncateFrom, LogEntry[] Entries, List<Message> Messages, SnapshotPiece? Piece);
}
