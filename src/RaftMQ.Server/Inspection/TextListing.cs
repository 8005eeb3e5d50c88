using System.Globalization;
using RaftMQ.Consensus;
using RaftMQ.Storage.Inspection;

namespace RaftMQ.Server.Inspection;

/// <summary>Lists entries one line each, in the order in which they were written; what was truncated or is damaged stands between them.</summary>
/// <param name="output">Where to.</param>
/// <param name="range">Which entries.</param>
internal sealed class TextListing(TextWriter output, IndexRange range) : IJournalVisitor
{
    private bool _hasTitle;

    public bool Wants(LogIndex index) => range.Holds(index);

    public void Entry(in LogEntry entry)
    {
        if (!_hasTitle)
        {
            _hasTitle = true;
            output.WriteLine("     index    term  kind        time                          bytes  what");
        }

        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{entry.Index,10}  {entry.Term,6}  {EntryText.KindOf(entry.Kind),-10}  {EntryText.TimeOf(entry.Time),-24}  {entry.Payload.Length,9:N0}  {EntryText.ContentOf(entry)}");
        output.WriteLine(line.TrimEnd());
    }

    public void Truncation(LogIndex from)
    {
        if (from.Value <= range.Last)
        {
            output.WriteLine($"            entries from {from} on are dropped here: another leader's take their places");
        }
    }

    public void Damage(Finding finding) => output.WriteLine($"            {InspectionText.Describe(finding)}");
}
