using System.Text;

namespace RaftMQ.Server.Supervision;

/// <summary>
/// A node's output in a file that does not grow without end: at 4 MiB it becomes <c>log.1</c>, replacing the one before. Best effort: what a full disk has no
/// room for is left out, since a supervisor that stops for it would take all nodes with it.
/// </summary>
internal sealed class BoundedLog(string path) : IDisposable
{
    private const long LargestBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();
    private FileStream? _file = Append(path);
    private bool _disposed;

    public void Write(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            try
            {
                if (_file is { Length: >= LargestBytes })
                {
                    _file.Dispose();
                    File.Move(path, path + ".1", overwrite: true);
                    _file = null;
                }

                // Again whenever it is missing, so that the log goes on once there is room.
                _file ??= Append(path);
                _file?.Write(bytes);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                _file?.Dispose();
                _file = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _file?.Dispose();
        }
    }

    private static FileStream? Append(string path)
    {
        try
        {
            // Unbuffered: a failed write leaves nothing behind that a later one, or the end, would try again.
            return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
