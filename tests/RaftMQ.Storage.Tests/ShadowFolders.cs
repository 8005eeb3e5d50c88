using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>A folder that seems to change: a start recovers in it what it would recover in the folder itself, which stays as it is.</summary>
public sealed class ShadowFolders
{
    [Fact]
    public void A_log_is_recovered_and_written_to_and_no_byte_underneath_changes()
    {
        var disk = new SimulatedDisk(1);
        var log = new TestLog(disk);
        for (ulong index = 1; index <= 20; index++)
        {
            log.Log.Append(new WalBatch(index == 1 ? new HardState(new Term(1), null) : null, null, [TestLog.Entry(index, 1, bytes: 900)]));
            log.Log.Sync();
        }

        disk.Crash();
        Dictionary<string, string> before = FilesOf(disk);
        var shadow = new ShadowFileSystem(disk);
        ulong id = 99;
        for (ulong last = 20; last <= 30; last += 10)
        {
            using WriteAheadLog opened = WriteAheadLog.Open(shadow, log.Options, () => ++id, null, out RecoveredLog recovered);
            recovered.LastIndex.Value.ShouldBe(last, "what was written to the shadow is there when it is opened again");
            for (ulong index = last + 1; index <= last + 10; index++)
            {
                opened.Append(new WalBatch(null, null, [TestLog.Entry(index, 1, bytes: 900)]));
                opened.Sync();
            }
        }

        shadow.List().ShouldNotBe(disk.List());
        FilesOf(disk).ShouldBe(before);
    }

    [Fact]
    public void Files_come_go_and_take_each_others_names()
    {
        var disk = new SimulatedDisk(1);
        Write(disk, "a", 1);
        Write(disk, "b", 2);
        var shadow = new ShadowFileSystem(disk);

        Write(shadow, "c", 3);
        shadow.Rename("a", "b");
        shadow.Rename("c", "a");

        shadow.List().ShouldBe(["a", "b"]);
        (FirstByteOf(shadow, "a"), FirstByteOf(shadow, "b")).ShouldBe(((byte)3, (byte)1));
        shadow.Delete("b");
        shadow.List().ShouldBe(["a"]);
        Should.Throw<IOException>(() => shadow.Open("b"));
        Should.Throw<IOException>(() => shadow.Rename("b", "c"));
        disk.List().ShouldBe(["a", "b"]);
        (FirstByteOf(disk, "a"), FirstByteOf(disk, "b")).ShouldBe(((byte)1, (byte)2));
    }

    private static void Write(IFileSystem files, string name, byte content)
    {
        using IFile file = files.Create(name);
        file.Write(0, [content]);
    }

    private static byte FirstByteOf(IFileSystem files, string name)
    {
        using IFile file = files.Open(name);
        byte[] bytes = new byte[4];
        file.Read(0, bytes).ShouldBe(1);
        return bytes[0];
    }

    private static Dictionary<string, string> FilesOf(SimulatedDisk disk) => disk.List().ToDictionary(name => name, name => Convert.ToHexString(disk.Contents(name).Span));
}
