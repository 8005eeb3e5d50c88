using RaftMQ.Consensus;

namespace RaftMQ.Storage.Inspection;

/// <summary>Is shown the log while it is inspected, record by record in the order in which it was written.</summary>
public interface IJournalVisitor
{
    /// <summary>Whether the entries of this index are to be shown; the payloads of others are not copied.</summary>
    bool Wants(LogIndex index);

    /// <summary>An entry. A later truncation may drop it.</summary>
    void Entry(in LogEntry entry);

    /// <summary>All entries from this index on are dropped.</summary>
    void Truncation(LogIndex from);

    /// <summary>A place that is not as it was written; what comes next may not follow from what came before.</summary>
    void Damage(Finding finding);
}
