using System.Runtime.InteropServices;

namespace RaftMQ.Server.Commands;

/// <summary>
/// A file that has its name only when it is whole and durable; until then it is called <c>NAME.part</c>. Neither name is ever taken from a file that is there. What is not finished is
/// removed, also when a signal ends the process.
/// </summary>
internal sealed class UnfinishedFile : IDisposable
{
    private readonly string _path;
    private readonly string _part;
    private readonly FileStream _file;
    private readonly PosixSignalRegistration[] _signals;
    private volatile bool _isFinished;

    /// <summary>Creates the file under its other name.</summary>
    /// <exception cref="IOException">It cannot be created, or a file of that name is there.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not to be written to.</exception>
    public UnfinishedFile(string path)
    {
        (_path, _part) = (path, PartOf(path));
        _file = new FileStream(_part, FileMode.CreateNew, FileAccess.Write, FileShare.Delete);

        // The signal ends the process as it would without this: whoever waits for it sees which one it was.
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, _ => Remove()))];
    }

    public Stream Content => _file;

    /// <summary>What a file is called until it is finished.</summary>
    public static string PartOf(string path) => path + ".part";

    /// <summary>Makes what was written durable, and gives the file its name.</summary>
    /// <exception cref="IOException">The disk failed, or there is a file of that name by now.</exception>
    public void Finish()
    {
        _file.Flush(flushToDisk: true);
        File.Move(_part, _path);
        _isFinished = true;
    }

    public void Dispose()
    {
        Array.ForEach(_signals, signal => signal.Dispose());
        Remove();
        _file.Dispose();
    }

    private void Remove()
    {
        if (!_isFinished)
        {
            File.Delete(_part);
        }
    }
}
