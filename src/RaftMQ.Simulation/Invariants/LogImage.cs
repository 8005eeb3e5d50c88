using RaftMQ.Consensus;

namespace RaftMQ.Simulation.Invariants;

/// <summary>A log as the records given to a disk add up to it: the term of every entry, the configurations, term and vote.</summary>
internal sealed class LogImage
{
    /// <summary>The term of an entry that is not there.</summary>
    public const ulong NoEntry = ulong.MaxValue;

    private readonly List<ulong> _terms = [];
    private readonly List<long> _bytes = [];
    private readonly List<(ulong Index, Membership Membership)> _configurations = [];

    public HardState HardState { get; set; }

    public ulong Last => (ulong)_terms.Count;

    public ulong LastTerm => _terms.Count == 0 ? 0 : _terms[^1];

    /// <summary>All configurations that stand in the log, the one in force last.</summary>
    public IReadOnlyList<(ulong Index, Membership Membership)> Configurations => _configurations;

    public ulong TermAt(ulong index) => index == 0 ? 0 : index <= Last ? _terms[(int)index - 1] : NoEntry;

    /// <summary>The payload bytes of all entries up to this one.</summary>
    public long BytesUpTo(ulong index) => index == 0 || Last == 0 ? 0 : _bytes[(int)Math.Min(index, Last) - 1];

    public void Append(in LogEntry entry)
    {
        _bytes.Add(BytesUpTo(Last) + entry.Payload.Length);
        _terms.Add(entry.Term.Value);
        if (entry.Kind == EntryKind.Birth)
        {
            _configurations.Add((entry.Index.Value, Birth.Decode(entry.Payload).Members));
        }
        else if (entry.Kind == EntryKind.Membership)
        {
            _configurations.Add((entry.Index.Value, Membership.Decode(entry.Payload.Span, out _)));
        }
    }

    /// <summary>Drops entries from an index on.</summary>
    /// <returns>Whether a configuration was among them.</returns>
    public bool TruncateFrom(ulong index)
    {
        _bytes.RemoveRange((int)index - 1, (int)(Last - index) + 1);
        _terms.RemoveRange((int)index - 1, (int)(Last - index) + 1);
        return _configurations.RemoveAll(taken => taken.Index >= index) > 0;
    }

    /// <summary>A snapshot takes the place of everything: the log is what is committed up to its end, and nothing behind.</summary>
    public void Install(LogPosition snapshot, CommittedLog committed)
    {
        _terms.Clear();
        _bytes.Clear();
        _configurations.Clear();
        for (ulong index = 1; index <= Math.Min(snapshot.Index.Value, committed.Last); index++)
        {
            Append(committed[index]);
        }
    }

    /// <summary>Whether recovery found exactly this, as far as the log is not released: of the configurations up to its base it has the birth and the last.</summary>
    public bool Equals(RecoveredLog recovered)
    {
        ulong start = recovered.Base.Index.Value;
        if (recovered.LastIndex.Value != Last || recovered.HardState != HardState || TermAt(start) != recovered.Base.Term.Value)
        {
            return false;
        }

        int inForce = _configurations.FindLastIndex(taken => taken.Index <= start);
        IEnumerable<ulong> expected = _configurations.Where((taken, i) => i == 0 || i >= inForce).Select(taken => taken.Index);
        if (!recovered.Configurations.Select(entry => entry.Index.Value).SequenceEqual(expected))
        {
            return false;
        }

        for (int i = 0; i < recovered.Terms.Count; i++)
        {
            ulong end = i + 1 < recovered.Terms.Count ? recovered.Terms[i + 1].First.Value - 1 : Last;
            ulong term = recovered.Terms[i].Term.Value;
            if (TermAt(recovered.Terms[i].First.Value) != term || TermAt(end) != term)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Makes this image the same as another.</summary>
    public void CopyFrom(LogImage other)
    {
        _terms.Clear();
        _terms.AddRange(other._terms);
        _bytes.Clear();
        _bytes.AddRange(other._bytes);
        _configurations.Clear();
        _configurations.AddRange(other._configurations);
        HardState = other.HardState;
    }
}
