using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Tests;

/// <summary>A folder that passes everything on to another: a test replaces what is to go wrong.</summary>
internal abstract class PassedOnFolder(IFileSystem files) : IFileSystem
{
    public string Description => files.Description;

    public long FreeBytes => files.FreeBytes;

    public IReadOnlyList<string> List() => files.List();

    public virtual long LengthOf(string name) => files.LengthOf(name);

    public virtual IFile Open(string name) => files.Open(name);

    public IFile Create(string name) => files.Create(name);

    public virtual void Rename(string from, string to) => files.Rename(from, to);

    public void Delete(string name) => files.Delete(name);

    public void SyncFolder() => files.SyncFolder();

    public IDisposable? TryLock() => files.TryLock();
}
