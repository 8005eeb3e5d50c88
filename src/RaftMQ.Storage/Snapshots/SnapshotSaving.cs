using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Snapshots;

/// <summary>A snapshot that is being written, step by step, each durable at once.</summary>
internal sealed class SnapshotSaving(IFileSystem files, SnapshotMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> chunks) : IDisposable
{
    private readonly IEnumerator<ReadOnlyMemory<byte>> _chunks = chunks.GetEnumerator();
    private SnapshotFileWriter? _writer;

    public SnapshotMetadata Metadata => metadata;

    /// <summary>The bytes written so far.</summary>
    public long Bytes => _writer?.Bytes ?? 0;

    /// <summary>Writes about so many bytes more.</summary>
    /// <returns>The name of the snapshot once it is whole and durable; null before.</returns>
    /// <exception cref="DiskFullException">There is no room: it is to be given up.</exception>
    public string? Step(int bytes)
    {
        long end = Bytes + bytes;
        _writer ??= new SnapshotFileWriter(files, metadata, SnapshotName.Temporary);
        bool more = true;
        while (more && Bytes < end)
        {
            more = _chunks.MoveNext();
            _writer.PutChunk(more ? _chunks.Current.Span : default);
        }

        _writer.Sync();
        if (more)
        {
            return null;
        }

        string name = SnapshotName.Of(metadata.Last.Index.Value);
        _writer.Complete(name);
        return name;
    }

    /// <summary>Takes back what was written.</summary>
    public void GiveUp()
    {
        Dispose();
        _writer?.GiveUp();
    }

    public void Dispose()
    {
        _chunks.Dispose();
        _writer?.Dispose();
    }
}
