namespace RaftMQ.Storage.Files;

/// <summary>
/// A node's data folder: a flat set of named files. The seam between storage and the world: the physical one is a folder, the simulated one tears, loses
/// and rots what was not synced. Synchronous; one caller at a time.
/// </summary>
public interface IFileSystem
{
    /// <summary>What to call the folder in messages to people.</summary>
    string Description { get; }

    /// <summary>The bytes that may still be allocated; others may take them first.</summary>
    long FreeBytes { get; }

    /// <summary>The budget of the folder in bytes, while that leaves less than the disk has; null where the disk itself is the limit.</summary>
    long? BudgetInForce => null;

    /// <summary>The bytes that the disk has, whatever a budget leaves of them.</summary>
    long FreeBytesOfDisk => FreeBytes;

    /// <summary>The bytes that may be allocated with the reserve of a folder that holds more than its budget.</summary>
    long FreeBytesWithReserve => FreeBytes;

    /// <summary>The names of all files, in ordinal order.</summary>
    IReadOnlyList<string> List();

    /// <summary>How long a file is, also one that this process may not open.</summary>
    long LengthOf(string name)
    {
        using IFile file = Open(name);
        return file.Length;
    }

    /// <summary>Opens an existing file for reading and writing.</summary>
    IFile Open(string name);

    /// <summary>Creates an empty file and opens it; one of that name is replaced.</summary>
    IFile Create(string name);

    /// <summary>Gives a file another name, replacing a file of that name. Durable only after <see cref="SyncFolder"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file. Durable only after <see cref="SyncFolder"/>.</summary>
    void Delete(string name);

    /// <summary>Makes the set of names durable.</summary>
    void SyncFolder();

    /// <summary>Takes the folder for this process, or returns null if another process has it. The folder is free again when the result is disposed or the process ends.</summary>
    IDisposable? TryLock();
}

/// <summary>An open file. Offsets and lengths are in bytes. Any failure is an <see cref="IOException"/>; a full disk is a <see cref="DiskFullException"/>.</summary>
public interface IFile : IDisposable
{
    /// <summary>The file's length.</summary>
    long Length { get; }

    /// <summary>Reads up to the buffer's length.</summary>
    /// <returns>How many bytes were read; fewer than asked only at the end of the file.</returns>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes all bytes, extending the file if need be. Not durable before <see cref="SyncData"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Allocates space on disk up to a length, without promising that it reads as anything.</summary>
    void Allocate(long length);

    /// <summary>Makes everything written durable, with as much metadata as reading it back needs (fdatasync).</summary>
    void SyncData();
}

/// <summary>The disk has no room for what was asked. Nothing that was durable is harmed.</summary>
public sealed class DiskFullException(string message) : IOException(message);
