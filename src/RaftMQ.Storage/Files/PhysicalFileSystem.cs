using Microsoft.Win32.SafeHandles;

// The one file of this room that touches the machine's files.
#pragma warning disable RS0030
namespace RaftMQ.Storage.Files;

/// <summary>A folder of the machine. Native calls, where the framework hides what matters, are in <see cref="NativeFiles"/>.</summary>
public sealed class PhysicalFileSystem : IFileSystem
{
    private const string LockName = "lock";

    private readonly string _path;

    /// <summary>A folder, created if it does not exist.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="IOException">It cannot be created.</exception>
    public PhysicalFileSystem(string path)
    {
        _path = Path.GetFullPath(path);
        Directory.CreateDirectory(_path);
    }

    /// <inheritdoc/>
    public string Description => _path;

    /// <inheritdoc/>
    public long FreeBytes => new DriveInfo(_path).AvailableFreeSpace;

    /// <inheritdoc/>
    public IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFiles(_path).Select(path => Path.GetFileName(path)).Where(name => name != LockName).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IFile Open(string name) => new PhysicalFile(PathOf(name), FileMode.Open);

    /// <inheritdoc/>
    public IFile Create(string name) => new PhysicalFile(PathOf(name), FileMode.Create);

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    /// <inheritdoc/>
    public void Delete(string name) => File.Delete(PathOf(name));

    /// <inheritdoc/>
    public void SyncFolder() => NativeFiles.SyncFolder(_path);

    /// <inheritdoc/>
    public IDisposable? TryLock()
    {
        try
        {
            return new FileStream(PathOf(LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    private string PathOf(string name) => Path.Combine(_path, name);

    private sealed class PhysicalFile : IFile
    {
        private readonly SafeFileHandle _handle;

        public PhysicalFile(string path, FileMode mode)
        {
            try
            {
                _handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
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
