using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>
/// Segments sized and zero-filled ahead of use, a little at a time between batches: a sync then writes data and no file-system metadata, and a full disk shows
/// here, as a refusal, instead of as a failed write. They are the reserve that keeps pops and elections going on a full disk (design, storage rule 9).
/// </summary>
internal sealed class SpareSegments(IFileSystem files, WalOptions options) : IDisposable
{
    /// <summary>How much has to pass before a full disk is tried again: an idle call is a moment and counts for more than one between two batches.</summary>
    private const int WaitBeforeRetry = 200;
    private const int IdleCallCounts = 10;

    private readonly Queue<(string Name, IFile File)> _ready = new();
    private (string Name, IFile File)? _preparing;
    private int _prepared;
    private int _wait;
    private ulong _lastNumber;

    public int Ready => _ready.Count;

    /// <summary>Those that are ready and the one that is being prepared, for which the disk has given the room.</summary>
    public int Allocated => _ready.Count + (_preparing is null ? 0 : 1);

    /// <summary>Whether the last attempt to make one failed for want of room.</summary>
    public bool DiskIsFull { get; private set; }

    /// <summary>Files of these names are nobody's: recovery removes them.</summary>
    public static bool IsSpare(string name) => name.EndsWith(".spare", StringComparison.Ordinal);

    /// <summary>Does a small part of preparing the next one, and no less than has been written to the log meanwhile.</summary>
    /// <param name="idle">Whether there is nothing else to do.</param>
    /// <param name="bytesWritten">What has been written since the last step.</param>
    /// <param name="reservedBytes">What is left of the disk for something else: on a full disk it is what makes room again.</param>
    /// <returns>Whether there is more to do at once.</returns>
    public bool Step(bool idle, long bytesWritten, long reservedBytes)
    {
        if (_ready.Count >= options.SpareSegments)
        {
            return false;
        }

        if (_wait > 0)
        {
            _wait -= idle ? IdleCallCounts : 1;
            return false;
        }

        try
        {
            bool begins = _preparing is null;
            if (begins && files.FreeBytesWithReserve - reservedBytes < options.SegmentBytes)
            {
                throw new DiskFullException("what is left is kept for the next snapshot");
            }

            Prepare((int)Math.Clamp(bytesWritten, Math.Min(options.SpareStepBytes, options.SegmentBytes), options.SegmentBytes));
            bool isWhole = _ready.Count >= options.SpareSegments;
            DiskIsFull &= !isWhole;
            return !isWhole;
        }
        catch (DiskFullException)
        {
            GiveUp();
            return false;
        }
    }

    /// <summary>Room may have come back: a full disk is tried again with the next step.</summary>
    public void TryAgain() => _wait = 0;

    /// <summary>Sees to it that so many are ready, at once.</summary>
    /// <exception cref="DiskFullException">There is no room.</exception>
    public void Require(int count)
    {
        try
        {
            while (_ready.Count < count)
            {
                Prepare(options.SegmentBytes);
            }
        }
        catch (DiskFullException)
        {
            GiveUp();
            throw;
        }
    }

    /// <summary>Takes a ready one; there is one.</summary>
    public (string Name, IFile File) Take()
    {
        Invariant.Require(_ready.Count > 0, "a spare is ready before it is needed");
        return _ready.Dequeue();
    }

    public void Dispose()
    {
        _preparing?.File.Dispose();
        foreach ((string _, IFile file) in _ready)
        {
            file.Dispose();
        }
    }

    private void Prepare(int bytes)
    {
        if (_preparing is not { } spare)
        {
            string name = $"{++_lastNumber:D4}.spare";
            spare = (name, files.Create(name));
            _preparing = spare;
            _prepared = 0;
            spare.File.Allocate(options.SegmentBytes);
        }

        Span<byte> zeros = stackalloc byte[16 * 1024];
        zeros.Clear();
        int end = Math.Min(options.SegmentBytes, _prepared + bytes);
        while (_prepared < end)
        {
            int count = Math.Min(zeros.Length, end - _prepared);
            spare.File.Write(_prepared, zeros[..count]);
            _prepared += count;
        }

        spare.File.SyncData();
        if (_prepared == options.SegmentBytes)
        {
            _ready.Enqueue(spare);
            _preparing = null;
        }
    }

    private void GiveUp()
    {
        DiskIsFull = true;
        _wait = WaitBeforeRetry;
        if (_preparing is { } spare)
        {
            _preparing = null;
            spare.File.Dispose();
            files.Delete(spare.Name);
        }

        Invariant.Require(_preparing is null, "a spare that has no room is given up whole");
    }
}
