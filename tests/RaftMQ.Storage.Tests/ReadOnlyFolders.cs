using RaftMQ.Consensus;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Inspection;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>A folder of this machine that is opened to be read and never changed.</summary>
public sealed class ReadOnlyFolders : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("raftmq-read-only-").FullName;

    [Fact]
    public void An_inspection_leaves_every_name_and_byte_as_it_was_with_and_without_a_lock_file()
    {
        WriteFolder();
        foreach (bool isLocked in new[] { true, false })
        {
            if (!isLocked)
            {
                File.Delete(Path.Combine(_path, "lock"));
            }

            Dictionary<string, string> before = Everything();
            IFileSystem files = PhysicalFileSystem.OpenReadOnly(_path);
            using (files.TryLock().ShouldNotBeNull())
            {
                FolderInspection.Run(files, new WalOptions()).Log.Last.Index.ShouldBe(new LogIndex(1));
            }

            Everything().ShouldBe(before);
        }
    }

    [Fact]
    public void A_folder_that_may_not_be_written_is_inspected()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no modes of files here");
        WriteFolder();
        foreach (string file in Directory.GetFiles(_path))
        {
            SetMode(file, UnixFileMode.UserRead);
        }

        SetMode(_path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        IFileSystem files = PhysicalFileSystem.OpenReadOnly(_path);

        using IDisposable taken = files.TryLock().ShouldNotBeNull();

        FolderInspection.Run(files, new WalOptions()).Log.Last.Index.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void A_folder_in_use_is_not_taken_and_readers_share_it()
    {
        WriteFolder();
        using (new PhysicalFileSystem(_path).TryLock().ShouldNotBeNull())
        {
            PhysicalFileSystem.OpenReadOnly(_path).TryLock().ShouldBeNull();
        }

        using IDisposable first = PhysicalFileSystem.OpenReadOnly(_path).TryLock().ShouldNotBeNull();
        using IDisposable second = PhysicalFileSystem.OpenReadOnly(_path).TryLock().ShouldNotBeNull();
        new PhysicalFileSystem(_path).TryLock().ShouldBeNull();
    }

    [Fact]
    public void Whatever_would_change_it_is_refused()
    {
        WriteFolder();
        IFileSystem files = PhysicalFileSystem.OpenReadOnly(_path);
        using IFile identity = files.Open("identity");

        Should.Throw<InvalidOperationException>(() => files.Create("new"));
        Should.Throw<InvalidOperationException>(() => files.Rename("identity", "other"));
        Should.Throw<InvalidOperationException>(() => files.Delete("identity"));
        Should.Throw<UnauthorizedAccessException>(() => identity.Write(0, new byte[1]));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_not_made()
    {
        string missing = Path.Combine(_path, "missing");
        Should.Throw<DirectoryNotFoundException>(() => PhysicalFileSystem.OpenReadOnly(missing)).Message.ShouldBe($"there is no folder {missing}");
        Directory.Exists(missing).ShouldBeFalse();

        File.WriteAllText(missing, "");
        Should.Throw<DirectoryNotFoundException>(() => PhysicalFileSystem.OpenReadOnly(missing)).Message.ShouldBe($"{missing} is a file, not a folder");
    }

    public void Dispose()
    {
        SetMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(_path, recursive: true);
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private void WriteFolder()
    {
        var files = new PhysicalFileSystem(_path);
        using IDisposable taken = files.TryLock().ShouldNotBeNull();
        IdentityFile.Write(files, new ServerIdentity(ClusterId.None, new ServerId(new NodeId(1), 7)));
        var sizes = new WalOptions { SegmentBytes = 8_192, MaxPayloadBytes = 1_024, SpareSegments = 1 };
        using WriteAheadLog log = WriteAheadLog.Open(files, sizes, () => 5, null, out _);
        log.Append(new WalBatch(new HardState(new Term(1), null), null, [TestLog.Entry(1, 1)]));
        log.Sync();
    }

    /// <summary>Names, contents and times of last change.</summary>
    private Dictionary<string, string> Everything() => Directory.GetFileSystemEntries(_path).Append(_path).ToDictionary(
        path => path,
        path => $"{File.GetLastWriteTimeUtc(path):O} {(File.Exists(path) ? Convert.ToHexString(File.ReadAllBytes(path)) : "")}");
}
