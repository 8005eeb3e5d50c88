using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Snapshots;

/// <summary>
/// The snapshots of a folder (design, storage rule 7): the newest two, or the newest alone where room counts for more, each durable before an older one goes. Synchronous and
/// single-threaded, beside the log. A damaged one is passed over; it goes when the next is whole.
/// </summary>
public sealed class SnapshotStore : IDisposable
{
    /// <summary>How many are kept.</summary>
    public const int Kept = 2;

    private readonly IFileSystem _files;
    private readonly IReadOnlyList<string> _found;
    private readonly List<(string Name, SnapshotMetadata Metadata)> _sound = [];
    private IReadOnlyList<LogPosition> _underWay = [];
    private SnapshotSaving? _saving;
    private bool _savesAlone;

    private SnapshotStore(IFileSystem files, IReadOnlyList<string> found) => (_files, _found) = (files, found);

    /// <summary>The oldest that is kept and sound, as far as its header tells; null if there is none. The log is whole from its end onwards.</summary>
    public SnapshotMetadata? Oldest => _sound.Count > 0 ? _sound[0].Metadata : null;

    /// <summary>
    /// Up to where nothing but the oldest kept snapshot is needed of log and bodies; zero while there is only one, unless it was written to be alone: should it be damaged, the log has
    /// to bring back everything.
    /// </summary>
    public LogIndex ReleasableUpTo => _sound.Count >= Kept || IsAlone ? _sound[0].Metadata.Last.Index : LogIndex.Zero;

    private int NewestKept => IsAlone ? 1 : Kept;

    /// <summary>
    /// Whether the newest is kept alone until there is another: it was written so, or the older one held back too much. After a start whoever knows the log says so, if that can no longer
    /// bring back everything.
    /// </summary>
    public bool IsAlone { get; set; }

    /// <summary>Whether a snapshot is kept and sound.</summary>
    public bool Keeps(LogPosition snapshot) => _sound.Exists(kept => kept.Metadata.Last == snapshot);

    /// <summary>The files of those that are kept and sound, the oldest first.</summary>
    internal IReadOnlyList<(string Name, SnapshotMetadata Metadata)> Files => _sound;

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

    /// <summary>Hands the newest snapshot to <paramref name="restore"/>, and if it is damaged the one before. Of older ones only the header is read.</summary>
    /// <param name="restore">Makes the state of it. It throws a <see cref="FormatException"/> for what does not bring back the state that was written.</param>
    /// <param name="damaged">Told why a snapshot is passed over.</param>
    /// <typeparam name="T">The state.</typeparam>
    /// <returns>What was made, or null if there is no snapshot that is whole.</returns>
    /// <exception cref="StorageRefusedException">A snapshot is of another format.</exception>
    public T? Load<T>(Func<SnapshotMetadata, IEnumerable<ReadOnlyMemory<byte>>, long, T> restore, Action<string> damaged)
        where T : class
    {
        T? loaded = null;
        foreach (string name in _found.Reverse())
        {
            try
            {
                using var reader = new SnapshotFileReader(_files, name);
                loaded ??= restore(reader.Metadata, reader.Chunks(), reader.Bytes);
                _sound.Insert(0, (name, reader.Metadata));
            }
            catch (Exception e) when (e is StorageDamagedException or FormatException or IOException)
            {
                // Sectors that cannot be read are damage like any other: what is older than this is whole without it.
                damaged($"passing over a snapshot: {(e is StorageDamagedException ? string.Empty : $"{name} in {_files.Description}: ")}{e.Message}");
            }
        }

        return loaded;
    }

    /// <summary>Whether a snapshot is being written.</summary>
    public bool IsSaving => _saving is not null;

    /// <summary>A snapshot from elsewhere has taken the place of all; one that was being written is given up.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    internal void BeginAnew(SnapshotMetadata metadata)
    {
        if (_saving is not null)
        {
            GiveUp();
        }

        IsAlone = false;
        _sound.Clear();
        _sound.Add((SnapshotName.Of(metadata.Last.Index.Value), metadata));
    }

    /// <summary>These are on their way to other servers, and are kept beside the newest until this is said of others. One that is neither goes at once.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public void Keep(IReadOnlyList<LogPosition> underWay)
    {
        _underWay = underWay;
        RemoveOldNow();
    }

    /// <summary>The newest is left alone until there is another, but for what is on its way to other servers: as if it had been written so.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public void DropOlder()
    {
        IsAlone = _sound.Count > 0;
        RemoveOldNow();
    }

    private void RemoveOldNow()
    {
        if (_sound.Count <= NewestKept)
        {
            return;
        }

        try
        {
            RemoveOld();
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Begins to write a snapshot; nothing else is being written.</summary>
    /// <param name="metadata">What it says of itself; newer than all before.</param>
    /// <param name="chunks">The bytes of the state; asked for as they are written, none of them empty.</param>
    /// <param name="alone">Whether all older ones go once it is durable: on a full disk, where room counts for more than a second copy.</param>
    public void Begin(SnapshotMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> chunks, bool alone = false)
    {
        Invariant.Require(_saving is null, "one snapshot is written at a time");
        (_saving, _savesAlone) = (new SnapshotSaving(_files, metadata, chunks), alone);
    }

    /// <summary>Writes about so many bytes more of the snapshot that was begun.</summary>
    /// <param name="stepBytes">How many.</param>
    /// <param name="savedBytes">Once it has ended the size of the snapshot; 0 if the disk had no room for it and it was given up.</param>
    /// <returns>Whether it has ended.</returns>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public bool Step(int stepBytes, out long savedBytes)
    {
        Invariant.Require(_saving is not null, "a snapshot is begun before it is written");
        savedBytes = 0;
        try
        {
            if (_saving.Step(stepBytes) is not { } name)
            {
                return false;
            }

            savedBytes = _saving.Bytes;
            _sound.Add((name, _saving.Metadata));
            IsAlone = _savesAlone;
            RemoveOld();
            _saving.Dispose();
            _saving = null;
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
    public void Dispose() => _saving?.Dispose();

    private void RemoveOld()
    {
        for (int at = _sound.Count - NewestKept - 1; at >= 0; at--)
        {
            if (!_underWay.Contains(_sound[at].Metadata.Last))
            {
                _sound.RemoveAt(at);
            }
        }

        string[] old = [.. _files.List().Where(name => SnapshotName.IsSnapshot(name) && _sound.TrueForAll(kept => kept.Name != name))];
        foreach (string name in old)
        {
            _files.Delete(name);
        }

        // The log is released behind the oldest that is left: one that came back after a crash would miss what stood before.
        if (old.Length > 0)
        {
            _files.SyncFolder();
        }
    }

    private void GiveUp()
    {
        try
        {
            _saving!.GiveUp();
            _saving = null;
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    private StorageFailedException Failed(IOException cause) => new($"{_files.Description}: a snapshot could not be written: {cause.Message}", cause);
}
