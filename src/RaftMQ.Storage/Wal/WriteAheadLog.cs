using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>
/// The durable log: an append-only journal of entries, truncations and hard state in segments (design, storage rules 1 to 5; <c>FORMAT.md</c> has every byte).
/// Synchronous and single-threaded: its owner writes batches, then makes them durable with one sync.
/// </summary>
public sealed partial class WriteAheadLog : IDisposable
{
    /// <summary>What a record takes besides its payload, at most.</summary>
    public const int RecordOverheadBytes = RecordHeader.Size + Sector.RecordAlignment;

    /// <summary>What a segment needs besides the largest record: its header, and its first unit with the hard state.</summary>
    private const int SegmentOverheadBytes = 2 * Sector.Bytes;

    private readonly IFileSystem _files;
    private readonly WalOptions _options;
    private readonly Func<ulong> _drawId;
    private readonly Journal _journal;
    private readonly SpareSegments _spares;
    private SegmentWriter _writer;
    private bool _hasFailed;
    private bool _isMarked;
    private long _bytesSinceStep;

    private WriteAheadLog(IFileSystem files, WalOptions options, Func<ulong> drawId, WalRecovery recovery, SegmentWriter? writer)
    {
        _files = files;
        _options = options;
        _drawId = drawId;
        _journal = recovery.Journal;
        _spares = new SpareSegments(files, options);
        if (writer is null)
        {
            _spares.Require(1);
        }

        _writer = writer ?? Activate(default);
    }

    /// <summary>The room left in allocated space.</summary>
    public WalSpace Space
    {
        get
        {
            bool hasReserve = _spares.Ready >= _options.SpareSegments || !_spares.DiskIsFull;
            // The last spare is left for the next start.
            bool hasRoom = _spares.Ready > 1 || (_spares.Ready == 1 && _writer.BytesLeft >= _options.SegmentBytes / 2);
            return hasReserve ? WalSpace.Ample : hasRoom ? WalSpace.ReserveOnly : WalSpace.Exhausted;
        }
    }

    /// <summary>
    /// The bytes of records, each with <see cref="RecordOverheadBytes"/>, that fit for certain behind what is written and leave the reserve whole: into the rest of the segment under way but
    /// for a quarter of one, which is for what is on the way already and for the ends of write units, and into the segments that the disk has room for beside
    /// <see cref="WalOptions.SpareSegments"/>, one more, and <see cref="ReservedBytes"/>. With that reserve a full log goes on for ever with entries that nothing refers to: they fill a
    /// segment and begin the next, a spare is left for a start, and a snapshot then gives the full one back. A record that does not fit a segment begins the next, so any two in a
    /// row are together more than one of them full.
    /// </summary>
    /// <exception cref="StorageFailedException">The disk did not tell; the log must not be used again.</exception>
    public long RoomBytes
    {
        get
        {
            try
            {
                long free = _files.FreeBytes - ReservedBytes;
                long segments = _spares.Allocated - _options.SpareSegments - 1 + (free / _options.SegmentBytes);
                long inTheNext = (segments + 1) / 2 * (_options.SegmentBytes - SegmentOverheadBytes);
                return segments < 0 || free < 0 ? 0 : Math.Max(Math.Max(0, _writer.BytesLeft - (_options.SegmentBytes / 4)), inTheNext);
            }
            catch (IOException e)
            {
                throw Failed(e);
            }
        }
    }

    /// <summary>Bytes of the disk that are not the log's: without them it has no room, and with less none for another segment. Default 0.</summary>
    public long ReservedBytes { get; set; }

    /// <summary>The size of a segment.</summary>
    public int SegmentBytes => _options.SegmentBytes;

    /// <summary>The index of the first entry that the log still holds; one past <see cref="LastIndex"/> if it holds none.</summary>
    public LogIndex FirstIndex => _journal.Terms.First;

    /// <summary>The index of the last entry written.</summary>
    public LogIndex LastIndex => _journal.Terms.LastIndex;

    /// <summary>Whether an entry is in the log, as far as it was appended.</summary>
    public bool Holds(LogPosition entry) => _journal.Terms.Holds(entry);

    /// <summary>Its files, in order.</summary>
    internal LogSegments Segments => _journal.Segments;

    /// <summary>The bytes of the segments that hold nothing behind an index.</summary>
    public long BytesUpTo(LogIndex index) => (long)_journal.SegmentsUpTo(index) * _options.SegmentBytes;

    /// <summary>Opens the log of a folder, creating it if the folder has none, and recovers what it holds. When it returns everything it reports is durable.</summary>
    /// <param name="files">The folder, locked by the caller.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="drawId">A source of random segment ids; never returns the same twice.</param>
    /// <param name="progress">Told now and then during a long recovery; may be null.</param>
    /// <param name="recovered">What was found.</param>
    /// <exception cref="StorageDamagedException">Damage that is not a torn tail.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    /// <exception cref="DiskFullException">There is no room for the first segment or for the recovered one.</exception>
    public static WriteAheadLog Open(
        IFileSystem files, WalOptions options, Func<ulong> drawId, Action<RecoveryProgress>? progress, out RecoveredLog recovered)
    {
        Invariant.Require(options.SegmentBytes % 4096 == 0, "a segment is a multiple of 4,096 bytes");
        Invariant.Require(
            options.MaxPayloadBytes <= options.SegmentBytes - SegmentOverheadBytes - RecordOverheadBytes, "the largest record fits a segment");
        Invariant.Require(
            Math.Min(options.CopyBytes, Math.Min(options.SpareStepBytes, options.ReadWindowBytes)) > 0, "what is done step by step comes to its end");
        try
        {
            var recovery = new WalRecovery(files, options, progress);
            SegmentWriter? writer = recovery.Run();
            recovered = recovery.Recovered();
            return new WriteAheadLog(files, options, drawId, recovery, writer);
        }
        catch (DiskFullException e)
        {
            throw new DiskFullException($"{files.Description}: there is no room for a log segment of {options.SegmentBytes:N0} bytes; free some space ({e.Message})");
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{files.Description}: recovery could not read or write the log: {e.Message}", e);
        }
    }

    /// <summary>Writes a batch behind all earlier ones. Not durable before <see cref="Sync"/>. Several batches may be written before one sync.</summary>
    /// <exception cref="DiskFullException">The disk has no room for it: nothing was written, and the log may be used on. The same batch may be tried again.</exception>
    /// <exception cref="StorageFailedException">The write failed; the log must not be used again.</exception>
    public void Append(in WalBatch batch)
    {
        RequireSound();
        MakeRoom(batch);
        try
        {
            if (batch.HardState is { } state)
            {
                _journal.Set(state);
                Add(RecordHeader.Of(state), default);
            }

            if (batch.TruncateFrom is { } from)
            {
                _journal.TruncateFrom(from, _writer.Number);
                Add(new RecordHeader { Type = RecordType.Truncation, Index = from.Value }, default);
            }

            for (int i = 0; i < batch.Entries.Count; i++)
            {
                Add(batch.Entries[i]);
            }
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Makes all that was written durable.</summary>
    /// <exception cref="StorageFailedException">The sync failed; the log must not be used again.</exception>
    public void Sync()
    {
        RequireSound();
        if (!_writer.IsDirty)
        {
            return;
        }

        try
        {
            _writer.Sync();
            _isMarked = false;
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Reads entries from <paramref name="first"/> to <paramref name="last"/>, at least one, and no more than fit <paramref name="maxBytes"/> of payload.</summary>
    /// <exception cref="StorageDamagedException">What is on disk is no longer what was written.</exception>
    /// <exception cref="StorageFailedException">The disk could not be read.</exception>
    public void Read(LogIndex first, LogIndex last, int maxBytes, List<LogEntry> into)
    {
        RequireSound();
        Invariant.Require(first >= FirstIndex && first <= last && last <= LastIndex, "only entries that exist are read");
        try
        {
            new LogReader(_files, _journal, _options.ReadWindowBytes).ReadRow(first, last, maxBytes, into);
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Reads single entries, for the bodies of messages in them.</summary>
    /// <param name="indexes">Which, ascending and each once; all are in the log.</param>
    /// <param name="into">Where they are added, in the same order.</param>
    /// <exception cref="StorageDamagedException">What is on disk is no longer what was written.</exception>
    /// <exception cref="StorageFailedException">The disk could not be read.</exception>
    public void Read(IReadOnlyList<LogIndex> indexes, List<LogEntry> into)
    {
        RequireSound();
        for (int i = 0; i < indexes.Count; i++)
        {
            Invariant.Require(indexes[i] > (i == 0 ? FirstIndex.Previous : indexes[i - 1]) && indexes[i] <= LastIndex, "single entries are read in order, and only those that exist");
        }

        try
        {
            new LogReader(_files, _journal, _options.EntryWindowBytes).ReadEach(indexes, into);
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>
    /// Begins the next segment although this one, more than half full, is not full yet: most of what stands in it is of no use any more, and only a segment that is not written to can be given
    /// back. It needs a segment beside the one that is left for a start.
    /// </summary>
    /// <returns>Whether it was done.</returns>
    /// <exception cref="StorageFailedException">A write or sync failed; the log must not be used again.</exception>
    public bool EndSegment()
    {
        RequireSound();
        try
        {
            bool hasRoom = _spares.Ready > 1 || _files.FreeBytesWithReserve - ReservedBytes >= _options.SegmentBytes;
            if (!hasRoom || _writer.BytesLeft > _options.SegmentBytes / 2 || !HasSpareToBegin())
            {
                return false;
            }

            BeginSegment();
            return true;
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Room may have come back, since something else in the folder was released: the next work in the background tries to allocate what is missing.</summary>
    public void LookForRoom() => _spares.TryAgain();

    /// <summary>Does a small piece of work that can be done between batches: prepares spare segments, and once the log has been idle, writes the synced-up-to mark.</summary>
    /// <param name="idle">Whether no batch has come for a moment.</param>
    /// <returns>Whether there is more to do.</returns>
    /// <exception cref="StorageFailedException">A write or sync failed; the log must not be used again.</exception>
    public bool WorkInBackground(bool idle)
    {
        RequireSound();
        try
        {
            if (idle && !_isMarked && !_writer.IsDirty && _writer.HasRoomFor(0))
            {
                _writer.Add(new RecordHeader { Type = RecordType.SyncedMark }, default);
                _writer.Sync();
                _isMarked = true;
            }

            bool more = _spares.Step(idle, _bytesSinceStep, ReservedBytes);
            _bytesSinceStep = 0;
            return more;
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _spares.Dispose();
    }

    /// <summary>
    /// So that a full disk shows before anything is written, as many spares are ready as the batch will take, and one more: the next start has to write the last
    /// segment anew.
    /// </summary>
    private void MakeRoom(in WalBatch batch)
    {
        int spares = 1;
        int left = _writer.BytesLeft;
        int head = (batch.HardState is null ? 0 : 1) + (batch.TruncateFrom is null ? 0 : 1);
        for (int i = -head; i < batch.Entries.Count; i++)
        {
            int size = Sector.AlignRecord(RecordHeader.Size + (i < 0 ? 0 : batch.Entries[i].Payload.Length));
            if (left < size)
            {
                spares++;
                left = _options.SegmentBytes - SegmentOverheadBytes;
            }

            left -= size;
            _bytesSinceStep += size;
        }

        try
        {
            _spares.Require(spares);
        }
        catch (IOException e) when (e is not DiskFullException)
        {
            throw Failed(e);
        }
    }

    private void Add(in LogEntry entry)
    {
        Invariant.Require(entry.Payload.Length <= _options.MaxPayloadBytes, "an entry is no larger than the log takes");
        IndexPoint place = Add(RecordHeader.Of(entry), entry.Payload.Span);
        _journal.Append(entry, place);
    }

    private IndexPoint Add(RecordHeader header, ReadOnlySpan<byte> payload)
    {
        if (!_writer.HasRoomFor(payload.Length))
        {
            BeginSegment();
        }

        return _writer.Add(header, payload);
    }

    /// <summary>Whether there is a spare to begin, beside the one for the next start.</summary>
    private bool HasSpareToBegin()
    {
        try
        {
            _spares.Require(2);
            return true;
        }
        catch (DiskFullException)
        {
            return false;
        }
    }

    private void BeginSegment()
    {
        // A unit does not cross segments: what stands in the old one is durable before the new one begins.
        if (_writer.IsDirty)
        {
            _writer.Sync();
        }

        SegmentWriter full = _writer;
        _writer = Activate(full.End);
        full.Dispose();
    }

    /// <summary>Begins the next segment in a spare: header and hard state durable first, then the name.</summary>
    private SegmentWriter Activate(SegmentEnd previous)
    {
        (string name, IFile file) = _spares.Take();
        var header = new SegmentHeader(_options.SegmentBytes, _drawId(), (ulong)_journal.Segments.Last + 1, previous);
        Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
        header.Write(bytes);
        file.Write(0, bytes);
        var writer = new SegmentWriter(file, header, (int)header.Sequence, Sector.Bytes, header.Seed, _options.WriteAheadBytes);
        writer.Add(RecordHeader.Of(_journal.HardState), default);
        writer.Sync();
        _files.Rename(name, SegmentName.Of(header.Sequence));
        _files.SyncFolder();
        _journal.Segments.Add(header);
        _isMarked = false;
        return writer;
    }

    private void RequireSound()
    {
        if (_hasFailed)
        {
            throw new StorageFailedException($"{_files.Description}: the log has failed before and is not used again");
        }
    }

    private StorageFailedException Failed(IOException cause)
    {
        _hasFailed = true;
        return new StorageFailedException(cause.Message, cause);
    }
}
