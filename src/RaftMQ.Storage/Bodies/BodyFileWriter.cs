using RaftMQ.Consensus;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Bodies;

/// <summary>Writes a file of bodies a little at a time, each step durable at once. Under a temporary name until it is whole: then it is renamed, and only then counts.</summary>
internal sealed class BodyFileWriter : IDisposable
{
    /// <summary>The sequence number in the header of a copy; that of a segment, under whatever name, is at least 1.</summary>
    public const ulong SequenceOfCopy = 0;

    private readonly IFileSystem _files;
    private readonly string _temporary;
    private readonly SegmentWriter _writer;

    /// <param name="files">The folder.</param>
    /// <param name="mostBytes">More than the file will have; nothing is allocated.</param>
    /// <param name="id">Random; seeds every checksum in the file.</param>
    /// <param name="writeAheadBytes">How much is gathered before it is written.</param>
    /// <param name="temporary">Its name until it is whole.</param>
    /// <exception cref="DiskFullException">There is no room: nothing is left.</exception>
    public BodyFileWriter(IFileSystem files, int mostBytes, ulong id, int writeAheadBytes, string temporary = BodyFileName.Temporary)
    {
        (_files, _temporary) = (files, temporary);
        IFile file = files.Create(temporary);
        var header = new SegmentHeader(mostBytes, id, SequenceOfCopy, default);
        Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
        header.Write(bytes);
        try
        {
            file.Write(0, bytes);
        }
        catch
        {
            file.Dispose();
            files.Delete(temporary);
            throw;
        }

        _writer = new SegmentWriter(file, header, 0, Sector.Bytes, header.Seed, writeAheadBytes);
    }

    public bool HasRoomFor(int payloadBytes) => _writer.HasRoomFor(payloadBytes);

    /// <summary>Adds an entry behind those before it.</summary>
    public void Add(in LogEntry entry) => _writer.Add(RecordHeader.Of(entry), entry.Payload.Span);

    /// <summary>Makes what was added durable.</summary>
    public void Sync() => _writer.Sync();

    /// <summary>The file is whole: it ends with a mark, is durable, and has its name.</summary>
    public void Complete(string name)
    {
        _writer.Add(new RecordHeader { Type = RecordType.SyncedMark }, default);
        _writer.Sync();
        _writer.Dispose();
        _files.Rename(_temporary, name);
        _files.SyncFolder();
    }

    /// <summary>Takes back what was written.</summary>
    public void GiveUp()
    {
        _writer.Dispose();
        _files.Delete(_temporary);
    }

    public void Dispose() => _writer.Dispose();
}
