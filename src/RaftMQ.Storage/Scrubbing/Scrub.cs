using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Scrubbing;

/// <summary>
/// Reads what lies on the disk again, a little at a time, and checks every checksum and chain: what rots is found while the others still have it, and not when it is needed. Full segments
/// of the log, files of bodies and snapshots are looked at; the segment that is written to is not. A file that goes meanwhile, or is replaced, is passed over.
/// </summary>
/// <param name="files">The folder.</param>
/// <param name="log">Its log.</param>
/// <param name="bodies">Its files of bodies.</param>
/// <param name="snapshots">Its snapshots.</param>
/// <param name="sizes">Sizes of the log.</param>
public sealed class Scrub(IFileSystem files, WriteAheadLog log, BodyStore bodies, SnapshotStore snapshots, WalOptions sizes)
{
    private readonly Queue<FileCheck> _left = new();
    private readonly ReadBuffer _buffer = new();
    private FileCheck? _current;
    private bool _hasBegun;
    private long _allowance;

    /// <summary>How often everything was read.</summary>
    public long Passes { get; private set; }

    /// <summary>How much was read, in all passes.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// Reads about so many bytes. A record is read whole: after one that is larger as much less is read the next times.
    /// </summary>
    /// <param name="bytes">How many.</param>
    /// <returns>Whether a pass has come to its end; the next step begins another.</returns>
    /// <exception cref="StorageDamagedException">Something is not as it was written, or cannot be read.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public bool Step(int bytes)
    {
        _allowance = Math.Min(_allowance + bytes, bytes);
        if (!_hasBegun)
        {
            Begin();
        }

        while (_allowance > 0)
        {
            if (_current is null && !_left.TryDequeue(out _current))
            {
                _hasBegun = false;
                Passes++;
                return true;
            }

            bool more = Read(_current, (int)_allowance, out int read);
            _current = more ? _current : null;
            _allowance -= Math.Max(1, read);
            Bytes += read;
        }

        return false;
    }

    private void Begin()
    {
        _hasBegun = true;
        for (int number = log.Segments.First; number < log.Segments.Last; number++)
        {
            _left.Enqueue(new SegmentCheck(log, number, sizes.ReadWindowBytes, _buffer));
        }

        foreach (BodyFile file in bodies.Files)
        {
            _left.Enqueue(new BodyCheck(bodies, file, sizes.ReadWindowBytes, _buffer));
        }

        foreach ((string name, SnapshotMetadata metadata) in snapshots.Files)
        {
            _left.Enqueue(new SnapshotCheck(files, snapshots, name, metadata));
        }
    }

    private bool Read(FileCheck check, int bytes, out int read)
    {
        read = 0;
        if (!check.IsThere)
        {
            return false;
        }

        using IFile file = Open(check.Name);
        try
        {
            bool more = check.Read(file, bytes, out read, out Flaw? flaw);
            return flaw is { } found
                ? throw new StorageDamagedException($"{files.Description}: {check.Name} at offset {found.Offset}: {found.What}; found by reading everything again")
                : more;
        }
        catch (IOException e)
        {
            // Sectors that cannot be read are damage like any other; a disk that is gone does not take the mark of it either, and has failed then.
            throw new StorageDamagedException($"{files.Description}: {check.Name} can no longer be read: {e.Message}");
        }
    }

    private IFile Open(string name)
    {
        try
        {
            return files.Open(name);
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{files.Description}: {name} could not be opened to be checked: {e.Message}", e);
        }
    }
}
