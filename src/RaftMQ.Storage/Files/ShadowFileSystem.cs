namespace RaftMQ.Storage.Files;

/// <summary>
/// A folder that seems to change and does not: what is created, renamed or removed is so in memory alone. With it a folder is recovered as a start recovers it, and stays as it is for whoever
/// may need it yet. Files that exist are opened as the folder underneath opens them, so that has to be one that is open for reading.
/// </summary>
/// <remarks>A start writes the last segment of the log anew: so much memory it takes.</remarks>
/// <param name="files">The folder, open for reading, and locked by the caller.</param>
public sealed class ShadowFileSystem(IFileSystem files) : IFileSystem
{
    /// <summary>What every name stands for: the file underneath that had a name at the beginning, or one in memory.</summary>
    private readonly SortedDictionary<string, Func<IFile>> _files = new(
        files.List().ToDictionary(name => name, name => new Func<IFile>(() => files.Open(name))), StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Description => files.Description;

    /// <inheritdoc/>
    public long FreeBytes => files.FreeBytes;

    /// <inheritdoc/>
    public IReadOnlyList<string> List() => [.. _files.Keys];

    /// <inheritdoc/>
    public IFile Open(string name) => Of(name)();

    /// <inheritdoc/>
    public IFile Create(string name)
    {
        var file = new MemoryFile();
        _files[name] = () => file;
        return file;
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        Func<IFile> file = Of(from);
        _files.Remove(from);
        _files[to] = file;
    }

    /// <inheritdoc/>
    public void Delete(string name) => _files.Remove(name);

    /// <inheritdoc/>
    public void SyncFolder()
    {
    }

    /// <inheritdoc/>
    public IDisposable? TryLock() => files.TryLock();

    private Func<IFile> Of(string name) => _files.GetValueOrDefault(name) ?? throw new IOException($"there is no file {name} in {Description}");

    private sealed class MemoryFile : IFile
    {
        private byte[] _bytes = [];

        public long Length => _bytes.Length;

        public int Read(long offset, Span<byte> buffer)
        {
            ReadOnlySpan<byte> rest = _bytes.AsSpan((int)Math.Min(offset, Length));
            int count = Math.Min(rest.Length, buffer.Length);
            rest[..count].CopyTo(buffer);
            return count;
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            Allocate(offset + bytes.Length);
            bytes.CopyTo(_bytes.AsSpan((int)offset));
        }

        public void Allocate(long length) => Array.Resize(ref _bytes, (int)Math.Max(length, Length));

        public void SyncData()
        {
        }

        /// <summary>Only an end of its use: it may be opened again.</summary>
        public void Dispose()
        {
        }
    }
}
