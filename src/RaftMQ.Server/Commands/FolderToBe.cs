using RaftMQ.Contracts;
using RaftMQ.Server.Hosting;
using RaftMQ.Storage.Files;

namespace RaftMQ.Server.Commands;

/// <summary>
/// The data folder that <c>restore</c> and <c>recover</c> fill: empty, made if it is missing, and locked meanwhile. Unless it is kept at the end, what was made for it goes again.
/// </summary>
internal sealed class FolderToBe : IDisposable
{
    private const string LockName = "lock";

    private readonly string _path;
    private readonly MadeFolders _made;
    private readonly bool _hadLock;
    private readonly IDisposable _lock;
    private bool _isKept;

    /// <summary>Makes the folder, and locks it.</summary>
    /// <exception cref="CommandFailedException">It cannot be made, is not empty, or in use.</exception>
    public FolderToBe(string path)
    {
        (_path, _made, _hadLock) = (path, new MadeFolders(path), File.Exists(Path.Combine(path, LockName)));
        try
        {
            Files = DataFolder.Open(path);
            _lock = Files.TryLock() ?? throw new CommandFailedException(ExitCode.DataRefused, $"the folder {path} is in use by another process");
        }
        catch (UnauthorizedAccessException)
        {
            _made.Remove();
            throw NotAllowed(path);
        }
        catch (IOException failure)
        {
            _made.Remove();
            throw new CommandFailedException(ExitCode.DiskFailed, $"the folder {path} cannot be made: {failure.Message.TrimEnd('.')}; name another one");
        }

        try
        {
            // Asked again now that it is locked: what has come meanwhile is somebody's.
            RequireEmpty(path);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The folder, empty and locked.</summary>
    public IFileSystem Files { get; }

    /// <summary>Requires that a folder is empty, but for a lock, or can be made.</summary>
    /// <exception cref="CommandFailedException">It cannot.</exception>
    public static void RequireEmpty(string path)
    {
        try
        {
            if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(entry => Path.GetFileName(entry) != LockName))
            {
                throw new CommandFailedException(ExitCode.DataRefused, $"the folder {path} is not empty; nothing is ever replaced: name another one");
            }
        }
        catch (UnauthorizedAccessException)
        {
            throw NotAllowed(path);
        }

        for (string? above = Path.GetFullPath(path); above is not null && !Directory.Exists(above); above = Path.GetDirectoryName(above))
        {
            if (File.Exists(above))
            {
                throw new CommandFailedException(ExitCode.Configuration, $"{above} is a file, not a folder; name another one with --data");
            }
        }
    }

    private static CommandFailedException NotAllowed(string path) =>
        new(ExitCode.DataRefused, $"this user may not read and write the folder {path}; name another one");

    /// <summary>A disk kept the folder from being filled.</summary>
    /// <param name="source">What it was to be filled with.</param>
    /// <param name="path">The folder.</param>
    /// <param name="failure">What the disk said.</param>
    public static CommandFailedException NotFilled(string source, string path, Exception failure) => new(
        ExitCode.DiskFailed,
        $"{source} could not be made into {path}: {failure.Message.TrimEnd('.')}; "
        + (failure is DiskFullException ? "make room, or name another folder with --data" : "look after that disk, and try again"));

    /// <summary>It is filled to the end.</summary>
    public void Keep() => _isKept = true;

    public void Dispose()
    {
        if (!_isKept && !_hadLock)
        {
            File.Delete(Path.Combine(_path, LockName));
        }

        _lock.Dispose();
        if (!_isKept)
        {
            _made.Remove();
        }
    }
}
