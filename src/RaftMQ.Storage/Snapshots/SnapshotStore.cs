using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Snapshots;

/// <summary>
/// The snapshots of a folder (design, storage rule 7): the newest two, each durable before an older one goes. Synchronous and single-threaded, beside the log. A damaged one is passed
/// over; it goes when the next is whole.
/// </summary>
public sealed class SnapshotStore : IDisposable
{
    /// <summary>How many are kept.</summary>
    public const int Kept = 2;

    private readonly IFileSystem _files;
    private readonly List<string> _sound;
    private SnapshotFileWriter? _writer;

    private SnapshotStore(IFileSystem files, List<string> sound) => (_files, _sound) = (files, sound);

    /// <summary>The most that a snapshot takes on disk: its header, the state, and what stands before each chunk, as long as chunks have some hundred bytes.</summary>
    /// <param name="stateBytes">The bytes of the state.</param>
    public static long FileBytesOf(long stateBytes) => SnapshotHeader.MaxBytes + stateBytes + (stateBytes / 100);

    /// <summary>Looks at what the folder holds. What was left half-written is removed; nothing is read yet.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public static SnapshotStore Open(IFileSystem files)
    {
        try
        {
            if (files.List().Contains(SnapshotName.Temporary))
            {
                files.Delete(SnapshotName.Temporary);
            }

            return new SnapshotStore(files, [.. files.List().Where(SnapshotName.IsSnapshot)]);
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{files.Description}: the snapshots could not be looked at: {e.Message}", e);
        }
    }

    /// <summary>Hands the newest snapshot to <paramref name="restore"/>, and if it is damaged the one before.</summary>
    /// <param name="restore">Makes the state of it. It throws a <see cref="FormatException"/> for what does not bring back the state that was written.</param>
    /// <param name="damaged">Told why a snapshot is passed over.</param>
    /// <typeparam name="T">The state.</typeparam>
    /// <returns>What was made, or default if there is no snapshot that is whole.</returns>
    /// <exception cref="StorageRefusedException">A snapshot is of another format.</exception>
    public T? Load<T>(Func<SnapshotMetadata, IEnumerable<ReadOnlyMemory<byte>>, long, T> restore, Action<string> damaged)
        where T : class
    {
        for (int i = _sound.Count - 1; i >= 0; i--)
        {
            try
            {
                using var reader = new SnapshotFileReader(_files, _sound[i]);
                return restore(reader.Metadata, reader.Chunks(), reader.Bytes);
            }
            catch (Exception e) when (e is StorageDamagedException or FormatException or IOException)
            {
                // Sectors that cannot be read are damage like any other: what is older than this is whole without it.
                damaged($"passing over a snapshot: {(e is StorageDamagedException ? string.Empty : $"{_sound[i]} in {_files.Description}: ")}{e.Message}");
                _sound.RemoveAt(i);
            }
        }

        return null;
    }

    /// <summary>Whether a snapshot is being written.</summary>
    public bool IsSaving => _writer is not null;

    /// <summary>Begins to write a snapshot; nothing else is being written.</summary>
    /// <param name="metadata">What it says of itself; newer than all before.</param>
    /// <param name="chunks">The bytes of the state; asked for as they are written, none of them empty.</param>
    public void Begin(SnapshotMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> chunks)
    {
        Invariant.Require(_writer is null, "one snapshot is written at a time");
        _writer = new SnapshotFileWriter(_files, metadata, chunks);
    }

    /// <summary>Writes about so many bytes more of the snapshot that was begun.</summary>
    /// <param name="stepBytes">How many.</param>
    /// <param name="savedBytes">Once it has ended the size of the snapshot; 0 if the disk had no room for it and it was given up.</param>
    /// <returns>Whether it has ended.</returns>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public bool Step(int stepBytes, out long savedBytes)
    {
        Invariant.Require(_writer is not null, "a snapshot is begun before it is written");
        savedBytes = 0;
        try
        {
            if (_writer.Step(stepBytes) is not { } name)
            {
                return false;
            }

            savedBytes = _writer.Bytes;
            _sound.Add(name);
            RemoveOld();
            _writer.Dispose();
            _writer = null;
            return true;
        }
        catch (DiskFullException) when (savedBytes == 0)
        {
            GiveUp();
            return true;
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writer?.Dispose();

    private void RemoveOld()
    {
        while (_sound.Count > Kept)
        {
            _sound.RemoveAt(0);
        }

        foreach (string name in _files.List())
        {
            if (SnapshotName.IsSnapshot(name) && !_sound.Contains(name))
            {
                _files.Delete(name);
            }
        }
    }

    private void GiveUp()
    {
        try
        {
            _writer!.GiveUp();
            _writer = null;
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    private StorageFailedException Failed(IOException cause) => new($"{_files.Description}: a snapshot could not be written: {cause.Message}", cause);
}
