namespace RaftMQ.Server.Supervision;

/// <summary>A node's output in a file that does not grow without end: at 4 MiB it becomes <c>log.1</c>, replacing the one before.</summary>
internal sealed class BoundedLog(string path) : IDisposable
{
    private const long LargestBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();
    private StreamWriter _file = Append(path);
    private bool _disposed;

    public void Write(string line)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (_file.BaseStream.Length >= LargestBytes)
            {
                _file.Dispose();
                File.Move(path, path + ".1", overwrite: true);
                _file = Append(path);
            }

            _file.WriteLine(line);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _file.Dispose();
        }
    }

    private static StreamWriter Append(string path) =>
        new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };
}
