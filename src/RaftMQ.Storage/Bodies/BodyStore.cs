using RaftMQ.Consensus;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Bodies;

/// <summary>
/// The bodies of waiting messages whose entries the log has released (design, storage rule 6): files that stand for parts of the log, in order and disjoint. Synchronous and
/// single-threaded, beside the log.
/// </summary>
public sealed class BodyStore
{
    private readonly IFileSystem _files;
    private readonly WalOptions _sizes;
    private readonly List<BodyFile> _bodies = [];

    private BodyStore(IFileSystem files, WalOptions sizes) => (_files, _sizes) = (files, sizes);

    /// <summary>How many files there are.</summary>
    public int FileCount => _bodies.Count;

    /// <summary>The bytes of all files.</summary>
    public long FileBytes => _bodies.Sum(file => file.Bytes);

    internal IReadOnlyList<BodyFile> Files => _bodies;

    /// <summary>Looks at what the folder holds. What was left half-written is removed, and so are files that a larger one has taken the place of; nothing is read yet.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public static BodyStore Open(IFileSystem files, WalOptions sizes)
    {
        try
        {
            // Nothing goes for a name that is there and may not be durable yet.
            files.SyncFolder();
            var store = new BodyStore(files, sizes);
            foreach (NamedBodies found in BodyFileName.Among(files.List()))
            {
                if (found.Within is null)
                {
                    store._bodies.Add(new BodyFile(files, found.First, found.Last, sizes));
                }
                else
                {
                    files.Delete(found.Name);
                }
            }

            if (files.List().Contains(BodyFileName.Temporary))
            {
                files.Delete(BodyFileName.Temporary);
            }

            return store;
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{files.Description}: the files of bodies could not be looked at: {e.Message}", e);
        }
    }

    /// <summary>Whether a file stands for the part of the log in which an entry lies.</summary>
    public bool Covers(LogIndex index) => NumberOf(index) >= 0;

    /// <summary>Reads entries.</summary>
    /// <param name="wanted">Which, ascending and each once.</param>
    /// <param name="into">Where they are added, in the same order.</param>
    /// <exception cref="StorageDamagedException">An entry is not there, or is no longer what was written.</exception>
    /// <exception cref="StorageFailedException">The disk could not be read.</exception>
    public void Read(IReadOnlyList<LogIndex> wanted, List<LogEntry> into)
    {
        try
        {
            for (int from = 0; from < wanted.Count;)
            {
                int number = NumberOf(wanted[from]);
                if (number < 0)
                {
                    throw new StorageDamagedException($"{_files.Description}: no file holds the body of entry {wanted[from]}, which a message refers to");
                }

                BodyFile file = _bodies[number];
                int to = from + 1;
                while (to < wanted.Count && file.Covers(wanted[to]))
                {
                    to++;
                }

                file.Read(wanted, from, to, into);
                from = to;
            }
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{_files.Description}: bodies could not be read: {e.Message}", e);
        }
    }

    /// <summary>Other files have taken the place of all.</summary>
    internal void BeginAnew(IEnumerable<(LogIndex First, LogIndex Last)> parts)
    {
        _bodies.Clear();
        foreach ((LogIndex first, LogIndex last) in parts)
        {
            _bodies.Add(new BodyFile(_files, first, last, _sizes));
        }
    }

    /// <summary>A file of this part of the log is there now; those that lie within it are removed.</summary>
    internal void Take(LogIndex first, LogIndex last)
    {
        int at = _bodies.FindIndex(file => file.Last >= first);
        at = at < 0 ? _bodies.Count : at;
        while (at < _bodies.Count && _bodies[at].First <= last)
        {
            BodyFile old = _bodies[at];
            Invariant.Require(first <= old.First && old.Last <= last, "files of bodies lie within each other or apart");
            bool wasReplaced = (old.First, old.Last) == (first, last);
            if (!wasReplaced)
            {
                _files.Delete(old.Name);
            }

            _bodies.RemoveAt(at);
        }

        _bodies.Insert(at, new BodyFile(_files, first, last, _sizes));
    }

    internal void Remove(BodyFile file)
    {
        _files.Delete(file.Name);
        _bodies.Remove(file);
    }

    private int NumberOf(LogIndex index)
    {
        int low = 0;
        int high = _bodies.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _bodies[middle].First <= index ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && _bodies[low - 1].Covers(index) ? low - 1 : -1;
    }
}
