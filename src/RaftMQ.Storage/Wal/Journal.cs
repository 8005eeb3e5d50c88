using RaftMQ.Consensus;

namespace RaftMQ.Storage.Wal;

/// <summary>What the records of the log add up to: the live entries' terms, the hard state, the configurations, and where to find entries.</summary>
/// <param name="indexIntervalBytes">How much log lies between two points of the index, about.</param>
internal sealed class Journal(int indexIntervalBytes)
{
    private readonly List<LogEntry> _configurations = [];

    public TermRuns Terms { get; } = new();

    public SparseIndex Index { get; } = new(indexIntervalBytes);

    public HardState HardState { get; private set; }

    /// <summary>The last live entry.</summary>
    public LogPosition Last => new(Terms.LastIndex, Terms.LastTerm);

    public LogTime LastTime { get; private set; }

    public IReadOnlyList<LogEntry> Configurations => _configurations;

    /// <summary>Takes in an entry that stands at a place of the log.</summary>
    public void Append(in LogEntry entry, in IndexPoint place)
    {
        Terms.Append(entry.Position);
        Index.Offer(place);
        LastTime = entry.Time;
        if (entry.Kind is EntryKind.Birth or EntryKind.Membership)
        {
            _configurations.Add(entry);
        }
    }

    public void TruncateFrom(LogIndex index)
    {
        Terms.TruncateFrom(index);
        Index.TruncateFrom(index);
        _configurations.RemoveAll(entry => entry.Index >= index);
    }

    public void Set(HardState state)
    {
        Invariant.Require(state.CurrentTerm >= HardState.CurrentTerm, "the stored term never falls (I3)");
        HardState = state;
    }
}
