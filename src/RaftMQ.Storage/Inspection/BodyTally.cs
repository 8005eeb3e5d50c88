using RaftMQ.Consensus;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Inspection;

/// <summary>
/// What records may stand in a file of bodies, and in what order (FORMAT.md). A copy holds entries, with gaps, and a mark behind them. A segment of which entries were dropped is
/// never kept as it was, so one that is holds every entry of its part of the log.
/// </summary>
/// <param name="first">The first entry of its part of the log, by its name.</param>
/// <param name="last">The last.</param>
/// <param name="isCopy">Whether it is a copy.</param>
internal sealed class BodyTally(LogIndex first, LogIndex last, bool isCopy)
{
    private LogIndex _last = first.Previous;
    private bool _isLost;
    private bool _isMarked;

    /// <summary>How many entries were taken in.</summary>
    public long Entries { get; private set; }

    /// <summary>What speaks against an end behind what was taken in, or null.</summary>
    public string? ObjectionToEnd =>
        isCopy && !_isMarked ? "the mark that ends the file is missing, so it was cut off"
        : isCopy || _isLost || _last == last ? null
        : $"the file ends with entry {_last}, and by its name it goes on to {last}";

    /// <summary>Records are missing here.</summary>
    public void LosePlace() => _isLost = true;

    /// <summary>Takes in a whole record.</summary>
    /// <returns>What is wrong with it where it stands, or null.</returns>
    public string? Take(in RecordHeader record)
    {
        string? objection = _isMarked ? "a record stands behind the mark that ends the file" : record.Type == RecordType.Entry ? TakeEntry(new LogIndex(record.Index)) : null;
        _isMarked |= isCopy && record.Type == RecordType.SyncedMark;
        bool isStray = isCopy && record.Type is RecordType.Truncation or RecordType.HardState;
        return objection ?? (isStray ? "a copy holds entries and nothing else" : null);
    }

    private string? TakeEntry(LogIndex index)
    {
        Entries++;
        bool isWithin = first <= index && index <= last;
        bool follows = index > _last && (isCopy || _isLost || index == _last.Next);
        string? objection = !isWithin ? $"entry {index} is not of the part of the log in the file's name" : !follows ? $"entry {index} does not follow entry {_last}" : null;
        (_last, _isLost) = (index, false);
        return objection;
    }
}
