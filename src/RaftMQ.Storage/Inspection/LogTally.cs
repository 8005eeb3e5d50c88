using RaftMQ.Consensus;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Inspection;

/// <summary>
/// Adds up the records of a log. Up to the first damage it knows what is live. Behind it nothing adds up any more; the records that can still be read are held against each
/// other, so that a second damage is found as well.
/// </summary>
internal sealed class LogTally(int indexIntervalBytes)
{
    private readonly Journal _journal = new(indexIntervalBytes);
    private LogPosition? _last = LogPosition.Zero;
    private Term _currentTerm;
    private bool _isBroken;
    private bool _isLost;
    private bool _isTermLost;
    private EntryCounts _written;
    private long _truncations;
    private ulong _truncatedEntries;
    private long _entriesBehindDamage;
    private bool _endsWithMark;

    /// <summary>What adds up.</summary>
    public Journal Journal => _journal;

    /// <summary>The log begins with a later segment than its first, since what stood before was released.</summary>
    public void BeginLater()
    {
        _last = null;
        _journal.LosePlace();
    }

    /// <summary>Records are missing here: what comes next need not follow.</summary>
    public void LosePlace() => (_isBroken, _isLost, _isTermLost) = (true, true, true);

    /// <summary>Takes in a whole record.</summary>
    /// <returns>What is wrong with it where it stands, or null.</returns>
    public string? Take(in RecordHeader record, ReadOnlySpan<byte> payload)
    {
        if (_isLost)
        {
            FindPlaceBefore(record);
        }

        // With the record of the stored term among the lost ones, an entry may be of any.
        bool isBoundless = _isTermLost && record.Type == RecordType.Entry;
        string? objection = RecordOrder.ObjectionTo(record, _last, isBoundless ? new Term(ulong.MaxValue) : _currentTerm) ?? Unreadable(record, payload);
        if (objection is not null)
        {
            _isBroken = true;
        }

        if (!_isBroken)
        {
            TakeLive(record, payload);
        }
        else if (record.Type == RecordType.Entry)
        {
            _entriesBehindDamage++;
        }

        Advance(record);
        return objection;
    }

    /// <summary>The log goes on behind a snapshot.</summary>
    /// <param name="oldest">The oldest that a start goes by; null if there is none.</param>
    /// <returns>What of the log is missing before its beginning, or null.</returns>
    public string? BeginBehind(SnapshotMetadata? oldest)
    {
        // Behind damage there may stand a truncation that tells where the log begins.
        string? missing = _isBroken ? null : SnapshotRules.MissingBefore(_journal, oldest);
        _journal.PlaceBehind(oldest?.Last.Index ?? LogIndex.Zero);
        return missing;
    }

    /// <param name="oldest">The snapshot behind which the log was said to begin.</param>
    public InspectedLog Summary(SnapshotMetadata? oldest)
    {
        LogEntry[] configurations = [.. SnapshotRules.Configurations(_journal.Configurations, oldest)
            .Where(entry => ConfigurationReading.ObjectionTo(entry.Index, entry.Kind, entry.Payload) is null)];
        IReadOnlyList<TermRun> runs = _journal.Terms.Runs;
        return new InspectedLog
        {
            IsWhole = !_isBroken,
            HardState = _journal.HardState,
            BeginsBehind = _journal.Terms.First.Previous,
            First = runs.Count > 0 ? new LogPosition(runs[0].First, runs[0].Term) : LogPosition.Zero,
            Last = runs.Count > 0 ? new LogPosition(_journal.Terms.LastIndex, _journal.Terms.LastTerm) : LogPosition.Zero,
            LastTime = new LogTime(Math.Max(_journal.LastTime.Milliseconds, oldest?.Time.Milliseconds ?? 0)),
            Cluster = ConfigurationReading.ClusterOf(configurations),
            Membership = configurations is [.., var last] ? ConfigurationReading.MembersOf(last.Kind, last.Payload) : null,
            MembershipIndex = configurations is [.., var current] ? current.Index : LogIndex.Zero,
            Written = _written,
            Truncations = _truncations,
            TruncatedEntries = _truncatedEntries,
            EndsWithMark = _endsWithMark && !_isBroken,
            EntriesBehindDamage = _entriesBehindDamage,
        };
    }

    /// <summary>What a whole record cannot be understood by.</summary>
    private static string? Unreadable(in RecordHeader record, ReadOnlySpan<byte> payload)
    {
        if (record.Type != RecordType.Entry)
        {
            return null;
        }

        return (EntryKind)record.Kind switch
        {
            < EntryKind.Birth or > EntryKind.Membership => $"entry {record.Index} is of kind {record.Kind}, which this program does not know",
            EntryKind.Birth or EntryKind.Membership => ConfigurationReading.ObjectionTo(new LogIndex(record.Index), (EntryKind)record.Kind, payload.ToArray()),
            _ => null,
        };
    }

    private void TakeLive(in RecordHeader record, ReadOnlySpan<byte> payload)
    {
        _endsWithMark = record.Type == RecordType.SyncedMark;
        switch (record.Type)
        {
            case RecordType.Entry:
                TakeLiveEntry(record, payload);
                break;
            case RecordType.Truncation:
                CountTruncated(new LogIndex(record.Index));
                _journal.TruncateFrom(new LogIndex(record.Index), _journal.Segments.Last);
                break;
            case RecordType.HardState:
                _journal.Set(record.AsHardState());
                break;
            default:
                break;
        }
    }

    /// <summary>Of what is dropped some may have stood before the beginning of this log; it was not counted as written either.</summary>
    private void CountTruncated(LogIndex from)
    {
        _truncations++;
        LogIndex first = LogIndex.Max(from, _journal.Terms.First);
        _truncatedEntries += _last is { } last && first <= last.Index ? last.Index.Value - first.Value + 1 : 0;
    }

    private void TakeLiveEntry(in RecordHeader record, ReadOnlySpan<byte> payload)
    {
        var kind = (EntryKind)record.Kind;

        // The journal keeps configurations; of all other entries it wants no payload.
        bool isConfiguration = kind is EntryKind.Birth or EntryKind.Membership;
        _journal.Append(record.AsEntry(isConfiguration ? payload : default), default);
        _written = _written.With(kind, payload.Length);
    }

    /// <summary>The first entry or truncation behind lost records says where the log stands.</summary>
    private void FindPlaceBefore(in RecordHeader record)
    {
        if (record.Type is RecordType.Entry or RecordType.Truncation && record.Index > 0)
        {
            _isLost = false;
            _last = new LogPosition(new LogIndex(record.Type == RecordType.Entry ? record.Index - 1 : record.Index), Term.Zero);
        }
    }

    private void Advance(in RecordHeader record)
    {
        switch (record.Type)
        {
            case RecordType.Entry:
                _last = new LogPosition(new LogIndex(record.Index), new Term(record.Term));
                break;
            case RecordType.Truncation when !_isBroken:
                _last = _journal.Last;
                break;
            case RecordType.Truncation when record.Index > 0:
                // The last live entry may lie before the damage; that terms do not fall is looked at from the next entry on.
                _last = new LogPosition(new LogIndex(record.Index - 1), Term.Zero);
                break;
            case RecordType.HardState:
                _currentTerm = new Term(record.Term);
                _isTermLost = false;
                break;
            default:
                break;
        }
    }
}
