using Microsoft.Win32.SafeHandles;

// The one file of this room that touches the machine's files.
#pragma warning disable RS0030
namespace RaftMQ.Storage.Files;

/// <summary>A folder of the machine. Native calls, where the framework hides what matters, are in <see cref="NativeFiles"/>.</summary>
public sealed class PhysicalFileSystem : IFileSystem
{
    private const string LockName = "lock";

    private readonly string _path;
    private readonly bool _isReadOnly;

    /// <summary>A folder, created if it does not exist.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="IOException">It cannot be created.</exception>
    public PhysicalFileSystem(string path)
    {
        _path = Path.GetFullPath(path);
        Directory.CreateDirectory(_path);
    }

    private PhysicalFileSystem(string path, bool isReadOnly) => (_path, _isReadOnly) = (path, isReadOnly);

    /// <summary>A folder that exists, to be read and never changed: whatever would change it is refused, and files are opened for reading alone.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static PhysicalFileSystem OpenReadOnly(string path)
    {
        string full = Path.GetFullPath(path);
        return Directory.Exists(full)
            ? new PhysicalFileSystem(full, isReadOnly: true)
            : throw new DirectoryNotFoundException(File.Exists(full) ? $"{full} is a file, not a folder" : $"there is no folder {full}");
    }

    /// <inheritdoc/>
    public string Description => _path;

    /// <inheritdoc/>
    public long FreeBytes => new DriveInfo(_path).AvailableFreeSpace;

    /// <inheritdoc/>
    public IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFiles(_path).Select(path => Path.GetFileName(path)).Where(name => name != LockName).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public long LengthOf(string name) => new FileInfo(PathOf(name)).Length;

    /// <inheritdoc/>
    public IFile Open(string name) => new PhysicalFile(PathOf(name), FileMode.Open, _isReadOnly ? FileAccess.Read : FileAccess.ReadWrite);

    /// <inheritdoc/>
    public IFile Create(string name) => new PhysicalFile(Changing(name), FileMode.Create, FileAccess.ReadWrite);

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        try
        {
            File.Move(Changing(from), Changing(to), overwrite: true);
        }
        catch (IOException e) when (NativeFiles.IsDiskFull(e))
        {
            throw new DiskFullException(e.Message);
        }
    }

    /// <inheritdoc/>
    public void Delete(string name) => File.Delete(Changing(name));

    /// <inheritdoc/>
    public void SyncFolder() => NativeFiles.SyncFolder(_path);

    /// <inheritdoc/>
    public IDisposable? TryLock()
    {
        try
        {
            return _isReadOnly
                ? new FileStream(PathOf(LockName), FileMode.Open, FileAccess.Read, FileShare.Read)
                : new FileStream(PathOf(LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (FileNotFoundException) when (_isReadOnly)
        {
            // Every node makes the file when it starts: without one nobody has the folder. Making it now would change the folder.
            return new MemoryStream();
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    private string Changing(string name) => _isReadOnly
        ? throw new InvalidOperationException($"{_path} is open for reading, and {name} was to be changed")
        : PathOf(name);

    private string PathOf(string name) => Path.Combine(_path, name);

    private sealed class PhysicalFile : IFile
    {
        private readonly SafeFileHandle _handle;

        public PhysicalFile(string path, FileMode mode, FileAccess access)
        {
            try
            {
                _handle = File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (IOException e) when (NativeFiles.IsDiskFull(e))
            {
                // A name needs room too: an inode, a block of the folder.
                throw new DiskFullException(e.Message);
            }
        }

        public long Length => RandomAccess.GetLength(_handle);

        public int Read(long offset, Span<byte> buffer)
        {
            int total = 0;
            while (total < buffer.Length)
            {
                int read = RandomAccess.Read(_handle, buffer[total..], offset + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }

            return total;
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            try
            {
                RandomAccess.Write(_handle, bytes, offset);
            }
            catch (IOException e) when (NativeFiles.IsDiskFull(e))
            {
                throw new DiskFullException(e.Message);
            }
        }

        public void Allocate(long length) => NativeFiles.Allocate(_handle, length);

        public void SyncData() => NativeFiles.SyncData(_handle);

        public void Dispose() => _handle.Dispose();
    }
}
