using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Inspection;

namespace RaftMQ.Storage.Tests;

/// <summary>A damaged folder is set aside: the folder is empty, and what it held is there for a person, all or nothing, however often that is interrupted.</summary>
public sealed class SetAsides
{
    private static readonly ClusterId Cluster = new(0x77);
    private static readonly ServerIdentity Old = new(Cluster, new ServerId(new NodeId(3), 33));

    [Fact]
    public void A_folder_that_is_set_aside_is_empty_and_its_files_have_other_names()
    {
        SimulatedDisk disk = Damaged();
        Dictionary<string, byte[]> before = FilesOf(disk);

        DataFolder.SetAside(disk, "a byte is wrong");

        RequireAside(disk, before);
        System.Text.Encoding.UTF8.GetString(disk.Contents("aside.damaged").Span).ShouldBe("a byte is wrong");
        IdentityFile.Read(disk).ShouldBeNull();
        IdentityFile.ReadFormer(disk).ShouldBe(Cluster);
        disk.Crash();
        RequireAside(disk, before);
        new TestLog(disk).Log.LastIndex.ShouldBe(LogIndex.Zero);
    }

    [Fact]
    public void What_was_set_aside_before_goes_and_what_is_nobodys_too()
    {
        SimulatedDisk disk = Damaged();
        DataFolder.SetAside(disk, "the first time");
        IdentityFile.Write(disk, Old with { Server = new ServerId(new NodeId(3), 44) });
        Put(disk, "0001.spare", 1);
        Put(disk, "recovered.tmp", 2);

        DataFolder.SetAside(disk, "the second time");

        disk.List().ShouldBe(["aside.damaged", "aside.identity"]);
        System.Text.Encoding.UTF8.GetString(disk.Contents("aside.damaged").Span).ShouldBe("the second time");
    }

    [Fact]
    public void However_often_it_is_interrupted_the_folder_is_whole_or_it_is_empty_and_set_aside_whole()
    {
        int emptied = 0;
        for (int round = 0; round < 600; round++)
        {
            SimulatedDisk disk = Damaged((ulong)round + 1);
            bool wasSetAsideBefore = round % 2 == 0;
            if (wasSetAsideBefore)
            {
                DataFolder.SetAside(disk, "long ago");
                Fill(disk, 7);
            }

            Dictionary<string, byte[]> before = FilesOf(disk);
            Interrupt(disk, round % 30, powerIsLost: round % 3 != 0, () => DataFolder.SetAside(disk, "now"));
            Interrupt(disk, round % 7, powerIsLost: round % 5 != 0, () => DataFolder.FinishInterrupted(disk));
            DataFolder.FinishInterrupted(disk);

            bool isEmpty = IdentityFile.Read(disk) is null;
            emptied += isEmpty ? 1 : 0;
            if (isEmpty)
            {
                RequireAside(disk, before);
            }
            else
            {
                Dictionary<string, byte[]> now = FilesOf(disk);
                before.Where(file => !now.TryGetValue(file.Key, out byte[]? bytes) || !bytes.SequenceEqual(file.Value)).ShouldBeEmpty($"round {round}");
            }
        }

        emptied.ShouldBeInRange(100, 550);
    }

    [Fact]
    public void Without_room_for_the_reason_nothing_has_changed()
    {
        SimulatedDisk disk = Damaged();
        Dictionary<string, byte[]> before = FilesOf(disk);
        disk.CapacityBytes = disk.UsedBytes;

        Should.Throw<DiskFullException>(() => DataFolder.SetAside(disk, "a byte is wrong"));

        disk.List().ShouldBe(before.Keys, ignoreOrder: true);
        DataFolder.IsBeingSetAside(disk).ShouldBeFalse();
    }

    [Theory]
    [InlineData("damaged", false)]
    [InlineData("setting-aside", true)]
    [InlineData("aside.0000000001.wal", true)]
    [InlineData("aside.identity", true)]
    [InlineData("aside.damaged", true)]
    public void A_name_for_which_there_is_no_room_changes_nothing_before_the_mark_counts_and_is_a_failure_after_it(string refused, bool markCounts)
    {
        SimulatedDisk disk = Damaged();
        Dictionary<string, byte[]> before = FilesOf(disk);
        var files = new NoRoomForAName(disk, refused);

        if (!markCounts)
        {
            Should.Throw<DiskFullException>(() => DataFolder.SetAside(files, "a byte is wrong"));
            disk.List().ShouldBe(before.Keys, ignoreOrder: true);
            return;
        }

        Should.Throw<StorageFailedException>(() => DataFolder.SetAside(files, "a byte is wrong")).Message.ShouldContain("next start goes on");
        DataFolder.IsBeingSetAside(disk).ShouldBeTrue();
        DataFolder.FinishInterrupted(disk);
        RequireAside(disk, before);
    }

    [Fact]
    public void What_is_aside_is_removed_and_nothing_else()
    {
        SimulatedDisk disk = Damaged();
        DataFolder.SetAside(disk, "a byte is wrong");
        Put(disk, "identity", 1);

        DataFolder.RemoveAside(disk).ShouldBeGreaterThan(3);

        disk.List().ShouldBe(["identity"]);
        disk.Crash();
        disk.List().ShouldBe(["identity"]);
        DataFolder.RemoveAside(disk).ShouldBe(0);
    }

    [Fact]
    public void The_identity_of_one_that_returns_names_its_former_cluster_until_it_is_born_again()
    {
        var disk = new SimulatedDisk(1);
        var returning = new ServerIdentity(ClusterId.None, new ServerId(new NodeId(3), 44)) { Joins = Cluster };

        IdentityFile.Write(disk, returning);
        IdentityFile.Read(disk).ShouldBe(returning);
        DataFolder.SetAside(disk, "a second time");
        IdentityFile.ReadFormer(disk).ShouldBe(Cluster);

        IdentityFile.Write(disk, Old);
        IdentityFile.Read(disk).ShouldBe(Old);
    }

    [Fact]
    public void An_inspection_says_what_is_aside_and_what_is_on_its_way_there()
    {
        SimulatedDisk disk = Damaged();
        DataFolder.SetAside(disk, "a byte is wrong");
        var log = new TestLog(disk);
        IdentityFile.Write(disk, new ServerIdentity(ClusterId.None, new ServerId(new NodeId(3), 44)) { Joins = Cluster });

        FolderInspection found = FolderInspection.Run(disk, log.Options);
        found.IsSound.ShouldBeTrue();
        found.IsBeingSetAside.ShouldBeFalse();
        found.OtherFiles.Where(file => file.Use == FileUse.SetAside).Select(file => file.Name).ShouldContain("aside.0000000001.wal");

        Put(disk, "damaged", 1);
        FolderInspection.Run(disk, log.Options).IsBeingSetAside.ShouldBeTrue();
    }

    private sealed class NoRoomForAName(IFileSystem files, string refused) : PassedOnFolder(files)
    {
        public override void Rename(string from, string to)
        {
            if (to == refused)
            {
                throw new DiskFullException("No space left on device");
            }

            base.Rename(from, to);
        }
    }

    private static SimulatedDisk Damaged(ulong seed = 1)
    {
        var disk = new SimulatedDisk(seed);
        Fill(disk, 1);
        return disk;
    }

    private static void Fill(SimulatedDisk disk, byte what)
    {
        IdentityFile.Write(disk, Old);
        foreach (string name in (string[])["0000000001.wal", "0000000002.wal", "00000000000000000042.snapshot", "00000000000000000001-00000000000000000042.bodies", "install", "strange"])
        {
            Put(disk, name, what);
        }

        disk.SyncFolder();
    }

    private static void Put(SimulatedDisk disk, string name, byte what)
    {
        using IFile file = disk.Create(name);
        file.Write(0, [what, (byte)name.Length]);
        file.SyncData();
        disk.SyncFolder();
    }

    private static Dictionary<string, byte[]> FilesOf(SimulatedDisk disk) =>
        disk.List().Where(name => !DataFolder.MayGo(name)).ToDictionary(name => name, name => disk.Contents(name).ToArray());

    private static void RequireAside(SimulatedDisk disk, Dictionary<string, byte[]> before)
    {
        disk.List().ShouldBe(before.Keys.Select(name => "aside." + name).Append("aside.damaged"), ignoreOrder: true);
        foreach ((string name, byte[] bytes) in before)
        {
            disk.Contents("aside." + name).ToArray().ShouldBe(bytes, name);
        }
    }

    private static void Interrupt(SimulatedDisk disk, int operations, bool powerIsLost, Action action)
    {
        disk.CrashAfter(operations);
        try
        {
            action();
        }
        catch (SimulatedCrashException)
        {
            // What is left is looked at by the caller.
        }

        if (powerIsLost)
        {
            disk.Crash();
        }
        else
        {
            disk.RestartProcess();
        }
    }
}
