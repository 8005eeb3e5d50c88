using System.Runtime.CompilerServices;
using RaftMQ.Consensus;

namespace RaftMQ.Storage.Wal;

/// <summary>What record may follow what was read, at a start and by an inspection alike: the log has no gaps, and neither its terms nor the stored term ever fall.</summary>
internal static class RecordOrder
{
    /// <summary>What speaks against a record that comes next, or null.</summary>
    /// <param name="record">A whole record.</param>
    /// <param name="last">The last live entry; null where it is not known yet, since the log begins with a later segment than its first.</param>
    /// <param name="currentTerm">The stored term.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static string? ObjectionTo(in RecordHeader record, LogPosition? last, Term currentTerm)
    {
        switch (record.Type)
        {
            case RecordType.Entry:
                var position = new LogPosition(new LogIndex(record.Index), new Term(record.Term));
                bool follows = position.Index > LogIndex.Zero && (last is not { } before || (position.Index == before.Index.Next && position.Term >= before.Term));
                return follows && position.Term <= currentTerm ? null : $"entry {position} does not follow entry {last}";
            case RecordType.Truncation:
                return record.Index > 0 && (last is not { } end || record.Index <= end.Index.Value) ? null : "a truncation of entries that are not there";
            case RecordType.HardState:
                return record.Term >= currentTerm.Value ? null : "a term that falls";
            default:
                return null;
        }
    }
}
