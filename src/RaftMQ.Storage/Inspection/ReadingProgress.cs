using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Inspection;

/// <summary>How far an inspection has come with the files that hold most of a folder: the log's and those of bodies.</summary>
/// <param name="report">Told now and then; may be null.</param>
internal sealed class ReadingProgress(Action<RecoveryProgress>? report)
{
    private const int BytesBetweenReports = 4 * 1024 * 1024;

    private long _bytesTotal;
    private long _bytesRead;
    private int _reported;

    /// <summary>A file of this length will be read.</summary>
    public void Expect(long bytes) => _bytesTotal += bytes;

    /// <summary>So much of a file has been read.</summary>
    public void ReadUpTo(int offset)
    {
        if (offset - _reported >= BytesBetweenReports)
        {
            _reported = offset;
            report?.Invoke(new RecoveryProgress(_bytesRead + offset, _bytesTotal));
        }
    }

    /// <summary>A file of this length has been read.</summary>
    public void EndFile(long bytes)
    {
        _bytesRead += bytes;
        _reported = 0;
        report?.Invoke(new RecoveryProgress(_bytesRead, _bytesTotal));
    }
}
