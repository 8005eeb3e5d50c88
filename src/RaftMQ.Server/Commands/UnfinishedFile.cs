using System.Runtime.InteropServices;
using RaftMQ.Storage.Files;

namespace RaftMQ.Server.Commands;

/// <summary>
/// A file that has its name only when it is whole and durable; until then it is called <c>NAME.part</c>. Neither name is ever taken from a file that is there. What is not finished is
/// removed, also when Ctrl-C or SIGTERM ends the process.
/// </summary>
internal sealed class UnfinishedFile : IDisposable
{
    private const int SignalledCode = 128;

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

        // Without a buffer of its own: what is in one when the disk is full is tried again at the end.
        _file = new FileStream(_part, FileMode.CreateNew, FileAccess.Write, FileShare.Delete, bufferSize: 0);
        _signals = [EndBy(PosixSignal.SIGINT, 2), EndBy(PosixSignal.SIGTERM, 15)];
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
        new PhysicalFileSystem(Path.GetDirectoryName(Path.GetFullPath(_path))!).SyncFolder();
    }

    public void Dispose()
    {
        Array.ForEach(_signals, signal => signal.Dispose());
        Remove();
        _file.Dispose();
    }

    /// <summary>The process ends in any case, also where its parent has it ignore the signal: a backup whose file is gone must not go on. Its exit code is the one that a shell shows.</summary>
    private PosixSignalRegistration EndBy(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        Remove();
        Environment.Exit(SignalledCode + number);
    });

    private void Remove()
    {
        if (!_isFinished)
        {
            File.Delete(_part);
        }
    }
}
