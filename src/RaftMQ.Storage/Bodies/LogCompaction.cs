using RaftMQ.Consensus;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Bodies;

/// <summary>
/// Gives back the disk that nothing needs any more (design, "Reclaiming space"): below the oldest kept snapshot a segment of the log without live bodies goes, one with many stays as a file
/// of bodies, and of one with few they are copied; files of bodies that have become sparse are copied together. A little at a time, between batches, and in an order in which a crash at any
/// step leaves everything that is live in a file that the next start finds.
/// </summary>
/// <param name="files">The folder.</param>
/// <param name="log">Its log.</param>
/// <param name="bodies">Its files of bodies.</param>
/// <param name="sizes">Sizes of the log.</param>
/// <param name="drawId">A source of random file ids; never returns the same twice.</param>
public sealed class LogCompaction(IFileSystem files, WriteAheadLog log, BodyStore bodies, WalOptions sizes, Func<ulong> drawId) : IDisposable
{
    /// <summary>What a copy has at least beside its entries: the header, and the ends of its units.</summary>
    private const int CopyOverheadBytes = 3 * Sector.Bytes;

    private IEnumerator<int>? _steps;
    private BodyFileWriter? _writer;

    /// <summary>Whether there is something left to do.</summary>
    public bool IsRunning => _steps is not null;

    /// <summary>The bytes that were copied, in all runs.</summary>
    public long CopiedBytes { get; private set; }

    /// <summary>Begins. A run that has not come to its end is left where it stands: this one goes further.</summary>
    /// <param name="upTo">The end of the oldest kept snapshot.</param>
    /// <param name="live">What it refers to.</param>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public void Begin(LogIndex upTo, LiveBodies live) => Guarded(() =>
    {
        GiveUpWriting();
        _steps = Steps(upTo, live).GetEnumerator();
    });

    /// <summary>Leaves a run where it stands.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public void End() => Guarded(() =>
    {
        GiveUpWriting();
        _steps = null;
    });

    /// <summary>Does a small piece.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    /// <exception cref="StorageDamagedException">A live body is not as it was written.</exception>
    public void Step() => Guarded(() =>
    {
        if (_steps?.MoveNext() == false)
        {
            _steps.Dispose();
            _steps = null;
        }
    });

    /// <inheritdoc/>
    public void Dispose() => _writer?.Dispose();

    private IEnumerable<int> Steps(LogIndex upTo, LiveBodies live)
    {
        while (log.OldestUpTo(upTo) is { } segment)
        {
            long liveBytes = live.BytesIn(segment.First, segment.Last);
            bool isDense = !segment.HoldsDropped && liveBytes >= segment.Header.SegmentBytes / 2;
            bool isNeeded = liveBytes > 0;
            if (isNeeded && !isDense)
            {
                foreach (bool hasRoom in Copy(segment.First, segment.Last, live, log.Read, segment.Header.SegmentBytes))
                {
                    isNeeded = !hasRoom;
                    yield return 0;
                }
            }

            // Without room for a copy the segment itself is kept, which needs none; but not where an index may stand in it twice.
            bool isStuck = isNeeded && segment.HoldsDropped;
            if (isStuck || !TryDo(() => log.ReleaseOldest(isNeeded ? BodyFileName.Of(segment.First, segment.Last) : null)))
            {
                break;
            }

            if (isNeeded)
            {
                bodies.Take(segment.First, segment.Last);
            }

            // Before the next one: a crash must not leave the log with a gap.
            files.SyncFolder();
            yield return 0;
        }

        foreach (int step in Gather(live))
        {
            yield return step;
        }
    }

    /// <summary>Files of bodies that have become sparse, each with the neighbours that fit beside it into half a segment.</summary>
    private IEnumerable<int> Gather(LiveBodies live)
    {
        for (int at = 0; at < bodies.Files.Count; at++)
        {
            BodyFile first = bodies.Files[at];
            long liveBytes = live.BytesIn(first.First, first.Last);
            if (first.Last >= log.FirstIndex)
            {
                yield break;
            }

            if (liveBytes == 0)
            {
                bodies.Remove(first);
                files.SyncFolder();
                at--;
                yield return 0;
                continue;
            }

            int last = at;
            while (last + 1 < bodies.Files.Count && bodies.Files[last + 1].Last < log.FirstIndex)
            {
                BodyFile next = bodies.Files[last + 1];
                long more = live.BytesIn(next.First, next.Last);
                if (liveBytes + more > sizes.SegmentBytes / 2)
                {
                    break;
                }

                liveBytes += more;
                last++;
            }

            bool isWorthIt = last > at || liveBytes + CopyOverheadBytes < first.Bytes / 2;
            if (!isWorthIt)
            {
                // To look at a file's share of the list takes a moment, too.
                yield return 0;
                continue;
            }

            foreach (bool hasRoom in Copy(first.First, bodies.Files[last].Last, live, bodies.Read, sizes.SegmentBytes))
            {
                if (!hasRoom)
                {
                    yield break;
                }

                yield return 0;
            }

            files.SyncFolder();
        }
    }

    /// <summary>Copies the live entries of a part of the log into a file of bodies of that part. Yields after each piece; false if the disk has no room, and then nothing is left.</summary>
    private IEnumerable<bool> Copy(LogIndex first, LogIndex last, LiveBodies live, Action<IReadOnlyList<LogIndex>, List<LogEntry>> read, int sourceBytes)
    {
        // The copy is no larger than its source, but for the sectors that steps of its own leave unused.
        if (!TryDo(() => _writer = new BodyFileWriter(files, (int)Math.Min(4L * sourceBytes, int.MaxValue), drawId(), sizes.WriteAheadBytes)))
        {
            yield return false;
            yield break;
        }

        var entries = new List<LogEntry>();
        foreach (IReadOnlyList<LogIndex> piece in live.InPieces(first, last, sizes.CopyBytes, sizes.IndexIntervalBytes))
        {
            bool isCopied = TryDo(() => CopyPiece(piece, entries, read));
            yield return isCopied;
            if (!isCopied)
            {
                yield break;
            }
        }

        bool isWhole = TryDo(() =>
        {
            _writer!.Complete(BodyFileName.Of(first, last));
            _writer = null;
            bodies.Take(first, last);
        });
        yield return isWhole;
    }

    private void CopyPiece(IReadOnlyList<LogIndex> piece, List<LogEntry> entries, Action<IReadOnlyList<LogIndex>, List<LogEntry>> read)
    {
        read(piece, entries);
        foreach (LogEntry entry in entries)
        {
            _writer!.Add(entry);
            CopiedBytes += entry.Payload.Length;
        }

        _writer!.Sync();
        entries.Clear();
    }

    private bool TryDo(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (DiskFullException)
        {
            GiveUpWriting();
            return false;
        }
    }

    private void GiveUpWriting()
    {
        _writer?.GiveUp();
        _writer = null;
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{files.Description}: the log could not be compacted: {e.Message}", e);
        }
    }
}
