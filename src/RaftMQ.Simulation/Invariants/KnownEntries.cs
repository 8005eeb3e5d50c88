using RaftMQ.Consensus;

namespace RaftMQ.Simulation.Invariants;

/// <summary>
/// Every entry that any server has ever put into its log. Index and term name one entry, and what stands before it (I4): each pair seen anywhere has the same
/// contents and the same term before it, which by induction is the Log Matching Property of §5.3.
/// </summary>
internal sealed class KnownEntries(Findings findings)
{
    private readonly Dictionary<(ulong Index, ulong Term), (LogEntry Entry, ulong TermBefore)> _entries = [];

    /// <summary>The entry of that name, which some server has had.</summary>
    public bool TryGet(ulong index, ulong term, out LogEntry entry)
    {
        bool found = _entries.TryGetValue((index, term), out (LogEntry Entry, ulong TermBefore) known);
        entry = known.Entry;
        return found;
    }

    /// <summary>A server has this entry behind one of that term.</summary>
    public void Meet(ServerId server, in LogEntry entry, ulong termBefore)
    {
        findings.Checks++;
        if (_entries.TryAdd((entry.Index.Value, entry.Term.Value), (entry, termBefore)))
        {
            return;
        }

        (LogEntry known, ulong knownBefore) = _entries[(entry.Index.Value, entry.Term.Value)];
        bool isSame = known.Kind == entry.Kind && known.Time == entry.Time
            && (known.Payload.Equals(entry.Payload) || known.Payload.Span.SequenceEqual(entry.Payload.Span));
        if (!isSame || knownBefore != termBefore)
        {
            findings.Report(
                "I4",
                $"entry {entry.Position} on server {server} ({entry.Kind}, {entry.Payload.Length} bytes, after term {termBefore}) is another elsewhere "
                + $"({known.Kind}, {known.Payload.Length} bytes, after term {knownBefore})");
        }
    }
}
