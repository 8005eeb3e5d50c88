using RaftMQ.Consensus;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Inspection;

/// <summary>
/// Adds up the records of a log. Up to the first damage it knows what is live. Behind it nothing adds up any more; the records that can still be read are held against each
/// other, so that a second damage is found as well.
/// </summary>
internal sealed class LogTally(int indexIntervalBytes)
{
    private readonly Journal _journal = new(indexIntervalBytes);
    private LogPosition _last;
    private Term _currentTerm;
    private bool _isBroken;
    private bool _isLost;
    private bool _isTermLost;
    private EntryCounts _written;
    private long _truncations;
    private ulong _truncatedEntries;
    private long _entriesBehindDamage;
    private bool _endsWithMark;

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

    public InspectedLog Summary()
    {
        IReadOnlyList<LogEntry> configurations = _journal.Configurations;
        IReadOnlyList<TermRun> runs = _journal.Terms.Runs;
        return new InspectedLog
        {
            IsWhole = !_isBroken,
            HardState = _journal.HardState,
            First = runs.Count > 0 ? new LogPosition(runs[0].First, runs[0].Term) : LogPosition.Zero,
            Last = _journal.Last,
            LastTime = _journal.LastTime,
            Cluster = configurations is [{ Kind: EntryKind.Birth } birth, ..] ? Birth.Decode(birth.Payload).Cluster : ClusterId.None,
            Membership = configurations is [.., var last] ? MembersOf(last.Kind, last.Payload) : null,
            MembershipIndex = configurations is [.., var current] ? current.Index : LogIndex.Zero,
            Written = _written,
            Truncations = _truncations,
            TruncatedEntries = _truncatedEntries,
            EndsWithMark = _endsWithMark && !_isBroken,
            EntriesBehindDamage = _entriesBehindDamage,
        };
    }

    /// <summary>What a whole record cannot be understood by; its bytes are as they were written, so this is no fault of the disk.</summary>
    private static string? Unreadable(in RecordHeader record, ReadOnlySpan<byte> payload)
    {
        if (record.Type != RecordType.Entry)
        {
            return null;
        }

        var kind = (EntryKind)record.Kind;
        if (kind is < EntryKind.Birth or > EntryKind.Membership)
        {
            return $"entry {record.Index} is of kind {record.Kind}, which this program does not know";
        }

        try
        {
            _ = kind is EntryKind.Birth or EntryKind.Membership ? MembersOf(kind, payload.ToArray()) : null;
            return null;
        }
        catch (FormatException wrong)
        {
            return $"entry {record.Index} holds no configuration: {wrong.Message}";
        }
    }

    private static Membership MembersOf(EntryKind kind, ReadOnlyMemory<byte> payload) =>
        kind == EntryKind.Birth ? Birth.Decode(payload).Members : Membership.Decode(payload.Span, out _);

    private void TakeLive(in RecordHeader record, ReadOnlySpan<byte> payload)
    {
        _endsWithMark = record.Type == RecordType.SyncedMark;
        switch (record.Type)
        {
            case RecordType.Entry:
                TakeLiveEntry(record, payload);
                break;
            case RecordType.Truncation:
                _truncations++;
                _truncatedEntries += _last.Index.Value - record.Index + 1;
                _journal.TruncateFrom(new LogIndex(record.Index));
                break;
            case RecordType.HardState:
                _journal.Set(record.AsHardState());
                break;
            default:
                break;
        }
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
