using System.Text;

namespace RaftMQ.Consensus.Tests.Scenarios;

/// <summary>What the disk of a server holds: term and vote, a log behind a base, snapshots, and the one that is being received.</summary>
internal sealed class ScenarioDisk
{
    private readonly List<LogEntry> _entries = [];
    private readonly List<LogEntry> _configurations = [];
    private readonly List<byte> _received = [];
    private HardState _state;
    private LogPosition _base;
    private SnapshotPiece? _lastPiece;

    /// <summary>The last entry of the newest snapshot; zero if there is none.</summary>
    public LogPosition NewestSnapshot { get; private set; }

    /// <summary>Whether it refuses the next piece of a snapshot.</summary>
    public bool RefusesNextPiece { get; set; }

    /// <summary>Puts entries there before the server starts.</summary>
    public void Preload(HardState state, IEnumerable<LogEntry> entries) => Keep(state, null, entries);

    public RecoveredLog Recovered() => new()
    {
        HardState = _state,
        Base = _base,
        LastIndex = new LogIndex(_base.Index.Value + (ulong)_entries.Count),
        CommittedIndex = NewestSnapshot.Index,
        Terms = [.. _entries.Select(entry => new TermRun(entry.Index, entry.Term)).DistinctBy(run => run.Term)],
        Tail = _entries.ToArray(),
        Configurations = [.. _configurations],
    };

    /// <summary>Kill -9: nobody knows any more what the beginning of a snapshot belongs to.</summary>
    public void Crash() => _lastPiece = null;

    public void Keep(HardState? state, LogIndex? truncateFrom, IEnumerable<LogEntry> entries)
    {
        _state = state ?? _state;
        if (truncateFrom is { } from)
        {
            _entries.RemoveAll(entry => entry.Index >= from);
            _configurations.RemoveAll(entry => entry.Index >= from);
        }

        _entries.AddRange(entries);
        _configurations.AddRange(entries.Where(entry => entry.Kind is EntryKind.Birth or EntryKind.Membership));
    }

    /// <summary>Whether it has the entry at a position, as a record or in a snapshot.</summary>
    public bool Has(LogPosition position) => _base.Index >= position.Index || _entries.Any(entry => entry.Position == position);

    public LogEntry[] Load(LoadRequest load) => [.. _entries.Where(entry => entry.Index >= load.First && entry.Index <= load.Last)];

    public void SaveSnapshot(LogPosition last) => NewestSnapshot = last;

    public void Compact(LogPosition upTo)
    {
        _base = upTo;
        _entries.RemoveAll(entry => entry.Index <= upTo.Index);
    }

    /// <summary>The configurations at or below an index, as a snapshot up to there holds them.</summary>
    public LogEntry[] ConfigurationsAt(LogIndex index) => [.. _configurations.Where(entry => entry.Index <= index)];

    /// <summary>Writes a piece behind what it has of the same transfer.</summary>
    public void Write(SnapshotPiece piece)
    {
        bool goesOn = _lastPiece is not null && (piece.From, piece.Term, piece.Snapshot, piece.Offset) == (_lastPiece.From, _lastPiece.Term, _lastPiece.Snapshot, _received.Count);
        if (!goesOn)
        {
            piece.Offset.ShouldBe(0, "a transfer begins with its first byte, and goes on where it stands");
            _received.Clear();
        }

        _lastPiece = piece;
        _received.AddRange(piece.Data.ToArray());
    }

    /// <summary>Puts the snapshot that was received in the place of log and state.</summary>
    public void Install(LogEntry[] configurations)
    {
        SnapshotPiece last = _lastPiece!;
        Encoding.ASCII.GetString([.. _received]).ShouldBe(BytesOf(last.From, last.Snapshot), "a snapshot is what its leader has");
        _entries.Clear();
        _configurations.Clear();
        _configurations.AddRange(configurations);
        (_base, NewestSnapshot, _lastPiece) = (last.Snapshot, last.Snapshot, null);
    }

    /// <summary>The bytes of a snapshot: ten, others for each server and each snapshot.</summary>
    public static string BytesOf(ServerId server, LogPosition snapshot) => $"S{server.Node}:{snapshot}".PadRight(10, '.');
}
