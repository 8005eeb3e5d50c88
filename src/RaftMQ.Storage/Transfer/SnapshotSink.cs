using System.Buffers.Binary;
using RaftMQ.Consensus;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Transfer;

/// <summary>
/// Takes in a travelling snapshot, piece by piece, into files that are nobody's until it is installed. In memory is no more than one part of it. Each piece is durable when it has been
/// taken in, so that the end has little left to do.
/// </summary>
public sealed class SnapshotSink : IDisposable
{
    private readonly IFileSystem _files;
    private readonly int _bodyFileBytes;
    private readonly int _writeAheadBytes;
    private readonly Func<ulong> _drawId;
    private readonly List<(LogIndex First, LogIndex Last)> _bodyFiles = [];
    private readonly FrameParser _parser;
    private readonly Func<SnapshotMetadata, SnapshotMetadata> _relabel;
    private SnapshotMetadata? _metadata;
    private SnapshotFileWriter? _state;
    private BodyFileWriter? _bodies;
    private LogIndex _firstBody = new(1);
    private LogIndex _lastBody;
    private long _bodyBytes;

    /// <summary>An empty one; what an earlier one has left is removed.</summary>
    /// <param name="files">The folder.</param>
    /// <param name="sizes">Sizes of the log.</param>
    /// <param name="drawId">A source of random file ids.</param>
    /// <param name="relabel">What the snapshot is to say of itself, by what it says; null for the same.</param>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public SnapshotSink(IFileSystem files, WalOptions sizes, Func<ulong> drawId, Func<SnapshotMetadata, SnapshotMetadata>? relabel = null)
    {
        (_files, _drawId) = (files, drawId);
        (_parser, _relabel) = (new FrameParser(TakeFrame), relabel ?? (metadata => metadata));
        _bodyFileBytes = sizes.SegmentBytes;
        _writeAheadBytes = sizes.WriteAheadBytes;
        Guarded(() => InstallFiles.RemoveAll(files));
    }

    /// <summary>Whether all has come, is whole, and is durable.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The entries that have come, with the bytes of their payloads.</summary>
    public LiveBodies Entries { get; } = new();

    /// <summary>What the snapshot says of itself; known from its first piece on, or a little later.</summary>
    public SnapshotMetadata? Metadata => _metadata;

    /// <summary>The parts of the log that files of bodies stand for, once it is complete.</summary>
    internal IReadOnlyList<(LogIndex First, LogIndex Last)> BodyFiles => _bodyFiles;

    /// <summary>Takes in the next piece, durably.</summary>
    /// <exception cref="FormatException">It is damaged, or no snapshot: the sink is of no further use.</exception>
    /// <exception cref="DiskFullException">There is no room: the sink is of no further use.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public void Take(ReadOnlySpan<byte> piece)
    {
        Require(!IsComplete || piece.IsEmpty, "something follows behind its end");
        try
        {
            _parser.Add(piece);
            Require(!IsComplete || !_parser.IsInPart, "something follows behind its end");
            if (!IsComplete)
            {
                _state?.Sync();
                _bodies?.Sync();
            }
        }
        catch (IOException e) when (e is not DiskFullException)
        {
            throw Failed(e);
        }
    }

    /// <summary>The state, read back from the disk.</summary>
    /// <exception cref="StorageDamagedException">It is not what was written.</exception>
    public T ReadState<T>(Func<SnapshotMetadata, IEnumerable<ReadOnlyMemory<byte>>, long, T> read)
    {
        Invariant.Require(IsComplete, "a snapshot is read when it is whole");
        try
        {
            using var reader = new SnapshotFileReader(_files, InstallFiles.State, Metadata!.Last.Index);
            return read(reader.Metadata, reader.Chunks(), reader.Bytes);
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Removes what has come.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public void Drop()
    {
        Dispose();
        Guarded(() => InstallFiles.RemoveAll(_files));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _state?.Dispose();
        _bodies?.Dispose();
    }

    private void TakeFrame(FrameType type, ReadOnlySpan<byte> payload)
    {
        Require(!IsComplete && (type == FrameType.Header) == (_metadata is null), "its parts are not in order");
        switch (type)
        {
            case FrameType.Header:
                bool isLong = payload.Length >= SnapshotHeader.FixedBytes && SnapshotHeader.LengthOf(payload) == payload.Length;
                SnapshotMetadata metadata = (isLong ? SnapshotHeader.Read(payload, out _, out _) : null) ?? throw new FormatException("the snapshot does not begin as one of this format does");
                _metadata = _relabel(metadata);
                _state = new SnapshotFileWriter(_files, _metadata, InstallFiles.UnfinishedState);
                break;
            case FrameType.State:
                Require(_state is not null && payload.Length > 0, "its parts are not in order");
                _state!.PutChunk(payload);
                break;
            case FrameType.Entry:
                FinishState();
                TakeEntry(TransferFrame.ReadEntry(payload));
                break;
            case FrameType.End:
                FinishState();
                FinishBodies();
                Require(payload.Length == 8 && BinaryPrimitives.ReadInt64LittleEndian(payload) == Entries.Count, "entries are missing");
                _files.SyncFolder();
                IsComplete = true;
                break;
            default:
                throw new FormatException($"a part of the snapshot is of kind {type}, which this program does not know");
        }
    }

    private void FinishState()
    {
        if (_state is null)
        {
            return;
        }

        _state.PutChunk(default);
        _state.Sync();
        _state.Complete(InstallFiles.State);
        _state = null;
    }

    private void TakeEntry(in LogEntry entry)
    {
        Require(entry.Index > _lastBody && entry.Index <= _metadata!.Last.Index, "its entries are not in order");
        if (_bodies is not null && _bodyBytes + entry.Payload.Length > _bodyFileBytes)
        {
            FinishBodies();
        }

        // One entry may be nearly as large as a file shall be; beside it is room for the ends of the units.
        _bodies ??= new BodyFileWriter(_files, (int)Math.Min(8L * _bodyFileBytes, int.MaxValue), _drawId(), _writeAheadBytes, InstallFiles.UnfinishedBodies);
        _bodies.Add(entry);
        _bodyBytes += WriteAheadLog.RecordOverheadBytes + entry.Payload.Length;
        _lastBody = entry.Index;
        Entries.Add(entry.Index, entry.Payload.Length);
    }

    private void FinishBodies()
    {
        if (_bodies is null)
        {
            return;
        }

        _bodyFiles.Add((_firstBody, _lastBody));
        _bodies.Complete(InstallFiles.BodiesOf(_firstBody, _lastBody));
        (_bodies, _bodyBytes) = (null, 0);
        _firstBody = _lastBody.Next;
    }

    private static void Require(bool condition, string objection)
    {
        if (!condition)
        {
            throw new FormatException("the snapshot cannot be taken in: " + objection);
        }
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    private StorageFailedException Failed(IOException cause) => new($"{_files.Description}: a snapshot could not be taken in: {cause.Message}", cause);
}
