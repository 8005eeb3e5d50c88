using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Inspection;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests.Inspection;

/// <summary>What an inspection says of files of bodies: both kinds, nested ones, and whatever is wrong with them.</summary>
public sealed class BodyFiles
{
    private const string Copy = "00000000000000000010-00000000000000000020.bodies";
    private const string Segment = "00000000000000000021-00000000000000000023.bodies";

    [Fact]
    public void Both_kinds_are_listed_with_the_part_of_the_log_they_stand_for_and_what_they_hold()
    {
        FolderInspection found = WithBoth().Inspect();

        found.Findings.ShouldBeEmpty();
        found.OtherFiles.ShouldNotContain(file => file.Name.EndsWith(".bodies", StringComparison.Ordinal));
        found.BodyFiles.ShouldBe([
            new InspectedBodyFile { Name = Copy, First = new(10), Last = new(20), Kind = BodyFileKind.Copy, FileBytes = 2_104, Entries = 3, IsSound = true },
            new InspectedBodyFile { Name = Segment, First = new(21), Last = new(23), Kind = BodyFileKind.Segment, FileBytes = TestLog.SegmentBytes, Entries = 3, IsSound = true }]);
    }

    [Fact]
    public void What_was_left_half_written_is_nobodys()
    {
        Folder folder = WithBoth();
        folder.Disk.Create("bodies.tmp").Dispose();

        folder.Inspect().OtherFiles.ShouldContain(new InspectedFile("bodies.tmp", 0, FileUse.Temporary));
    }

    [Theory]
    [InlineData(Copy)]
    [InlineData(Segment)]
    public void A_file_is_sound_only_if_its_bodies_are_read_back_right_whatever_bit_is_turned_over(string name)
    {
        Folder folder = WithBoth();
        int end = folder.Disk.Contents(name).Span.LastIndexOfAnyExcept((byte)0) + 1;
        int damaged = 0;
        for (int bit = 0; bit < end * 8; bit += 3)
        {
            SimulatedDisk disk = folder.Disk.Copy(1);
            disk.FlipBit(name, bit / 8, bit % 8);

            FolderInspection found = FolderInspection.Run(disk, folder.Log.Options);

            bool isSound = found.BodyFiles.Single(file => file.Name == name).IsSound;
            found.Findings.ShouldAllBe(finding => finding.Kind == FindingKind.Damage && finding.File == name);
            (found.IsSound, found.Findings.Count == 0, found.Starts).ShouldBe((isSound, isSound, true));
            (isSound && !ReadsBack(disk, folder.Log.Options)).ShouldBeFalse($"bit {bit % 8} of byte {bit / 8}");
            damaged += isSound ? 0 : 1;
        }

        damaged.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Damage_is_named_with_its_place_and_what_stands_behind_it_is_read()
    {
        Folder folder = WithBoth();
        folder.Disk.FlipBit(Segment, 1_024 + 30, 1);
        folder.Disk.FlipBit(Copy, 1_024 + 30, 1);

        FolderInspection found = folder.Inspect();

        found.Findings.ShouldBe([
            new Finding(FindingKind.Damage, Copy, 588, "a record is damaged; records can be read again from offset 1536 on"),
            new Finding(FindingKind.Damage, Segment, 568, "a record is damaged; records can be read again from offset 1536 on")]);
        found.BodyFiles.Select(file => file.Entries).ShouldBe([2L, 2L]);
    }

    [Fact]
    public void A_copy_that_was_cut_off_anywhere_is_damaged()
    {
        Folder folder = WithBoth();
        for (int length = 100; length < 2_104; length += 13)
        {
            SimulatedDisk disk = folder.Disk.Copy(1);
            disk.SetLength(Copy, length);

            FolderInspection.Run(disk, folder.Log.Options).Findings.ShouldHaveSingleItem().File.ShouldBe(Copy, $"{length} bytes are left");
        }

        folder.Disk.SetLength(Copy, 2_048);
        folder.Inspect().Findings.ShouldHaveSingleItem().What.ShouldBe("the mark that ends the file is missing, so it was cut off");
        folder.Disk.SetLength(Copy, 2_104);
        folder.Inspect().IsSound.ShouldBeFalse();
    }

    [Fact]
    public void A_copy_with_something_behind_its_end_is_damaged()
    {
        Folder folder = WithBoth();
        folder.Disk.SetLength(Copy, 3_000);

        folder.Inspect().Findings.ShouldHaveSingleItem().ShouldBe(new Finding(FindingKind.Damage, Copy, 2_104, "the file has 3000 bytes, and its records end here"));
    }

    [Fact]
    public void A_former_segment_has_nothing_but_zeros_behind_its_end_and_all_entries_that_its_name_says()
    {
        Folder folder = WithBoth();
        folder.Disk.FlipBit(Segment, 5_000, 0);
        folder.Inspect().Findings.ShouldHaveSingleItem().ShouldBe(new Finding(FindingKind.Damage, Segment, 2_124, "what follows is no whole record"));

        folder = WithBoth();
        folder.Disk.SetLength(Segment, 1_900);
        folder.Inspect().Findings.Select(finding => finding.What).ShouldContain($"the file has 1900 bytes and should have {TestLog.SegmentBytes}");

        folder = WithBoth();
        folder.Disk.SetLength(Segment, 2_048);
        folder.Disk.SetLength(Segment, TestLog.SegmentBytes);
        folder.Inspect().Findings.ShouldHaveSingleItem().What.ShouldBe("the file ends with entry 22, and by its name it goes on to 23");
    }

    [Fact]
    public void Entries_that_are_not_of_the_part_in_the_name_or_do_not_ascend_are_damage()
    {
        Folder folder = Folder.Long();
        WriteCopy(folder, Entry(9), Entry(10), Entry(12), Entry(12), Entry(11), Entry(21), HandWritten.Mark());
        WriteSegment(folder, HandWritten.Hard(1), Entry(21), Entry(23), HandWritten.Cut(23), Entry(23));

        folder.Inspect().Findings.Select(finding => finding.What).ShouldBe([
            "entry 9 is not of the part of the log in the file's name",
            "entry 12 does not follow entry 12",
            "entry 11 does not follow entry 12",
            "entry 21 is not of the part of the log in the file's name",
            "entry 23 does not follow entry 21",
            "entry 23 does not follow entry 23"]);
    }

    [Fact]
    public void In_a_copy_nothing_stands_but_entries_and_behind_its_mark_nothing_at_all()
    {
        Folder folder = Folder.Long();
        WriteCopy(folder, HandWritten.Hard(1), Entry(10), HandWritten.Cut(10), HandWritten.Mark(), Entry(11));

        folder.Inspect().Findings.Select(finding => finding.What).ShouldBe([
            "a copy holds entries and nothing else", "a copy holds entries and nothing else", "a record stands behind the mark that ends the file"]);
    }

    [Fact]
    public void Damage_in_a_file_that_a_larger_one_has_taken_the_place_of_is_passed_over_and_a_start_removes_it()
    {
        Folder folder = WithBoth();
        const string larger = "00000000000000000010-00000000000000000023.bodies";
        HandWritten.Write(folder.Disk, larger, new SegmentHeader(TestLog.SegmentBytes, 79, 0, default), Entry(10), Entry(23), HandWritten.Mark());
        folder.Disk.FlipBit(Segment, 1_024 + 30, 1);

        FolderInspection found = folder.Inspect();

        found.BodyFiles.Select(file => file.Within).ShouldBe([null, larger, larger]);
        found.BodyFiles.Select(file => file.IsSound).ShouldBe([true, true, false]);
        (found.Findings.ShouldHaveSingleItem().Kind, found.IsSound).ShouldBe((FindingKind.PassedOver, true));
        BodyStore.Open(folder.Disk, folder.Log.Options).FileCount.ShouldBe(1);
        folder.Inspect().BodyFiles.ShouldHaveSingleItem().Name.ShouldBe(larger);
    }

    [Fact]
    public void Files_that_overlap_and_do_not_lie_within_each_other_are_damage()
    {
        Folder folder = WithBoth();
        const string other = "00000000000000000015-00000000000000000022.bodies";
        HandWritten.Write(folder.Disk, other, new SegmentHeader(TestLog.SegmentBytes, 79, 0, default), Entry(15), HandWritten.Mark());

        folder.Damaged().ShouldBe([$"{other}@0", $"{Segment}@0"]);
    }

    [Fact]
    public void A_damaged_header_is_one_finding_and_one_of_a_newer_format_is_refused_before_a_record_is_shown()
    {
        Folder folder = WithBoth();
        folder.Disk.FlipBit(Copy, 20, 1);
        folder.Inspect().Findings.ShouldHaveSingleItem().ShouldBe(new Finding(FindingKind.Damage, Copy, 0, "the header of the file is damaged"));
        folder.Inspect().BodyFiles[0].Kind.ShouldBe(BodyFileKind.Unreadable);

        HandWritten.MakeNewer(folder.Disk, Segment);
        var notes = new Notes(0, 100);
        Should.Throw<StorageRefusedException>(() => folder.Inspect(notes)).Message.ShouldContain($"{Segment} in the simulated disk is of format 2");
        notes.Lines.ShouldBeEmpty();
    }

    [Fact]
    public void Progress_counts_files_of_bodies_too()
    {
        Folder folder = WithBoth();
        var reports = new List<RecoveryProgress>();

        FolderInspection found = FolderInspection.Run(folder.Disk, folder.Log.Options, null, reports.Add);

        long all = found.Segments.Sum(segment => segment.FileBytes) + found.BodyFiles.Sum(file => file.FileBytes);
        reports[^1].ShouldBe(new RecoveryProgress(all, all));
    }

    [Fact]
    public void Bodies_without_an_identity_are_somebodys()
    {
        var disk = new SimulatedDisk(1);
        HandWritten.Write(disk, Copy, new SegmentHeader(TestLog.SegmentBytes, 78, 0, default), Entry(10), HandWritten.Mark());

        Should.Throw<StorageDamagedException>(() => Identity.IdentityFile.Read(disk));
    }

    private static RecordHeader Entry(ulong index) => HandWritten.Entry(index);

    /// <summary>A log beside a copy of entries 10, 15 and 20, and a former segment with entries 21 to 23.</summary>
    private static Folder WithBoth()
    {
        Folder folder = Folder.Long();
        WriteCopy(folder, Entry(10), Entry(15), Entry(20), HandWritten.Mark());
        WriteSegment(folder, HandWritten.Hard(1), Entry(21), Entry(22), Entry(23));
        return folder;
    }

    private static void WriteCopy(Folder folder, params RecordHeader[] records) =>
        HandWritten.Write(folder.Disk, Copy, new SegmentHeader(TestLog.SegmentBytes, 77, 0, default), records);

    private static void WriteSegment(Folder folder, params RecordHeader[] records) =>
        HandWritten.Write(folder.Disk, Segment, new SegmentHeader(TestLog.SegmentBytes, 78, 4, new SegmentEnd(1, 2_000, 3)), records);

    private static bool ReadsBack(IFileSystem disk, WalOptions options)
    {
        LogIndex[] wanted = [.. new ulong[] { 10, 15, 20, 21, 22, 23 }.Select(index => new LogIndex(index))];
        var read = new List<LogEntry>();
        try
        {
            BodyStore.Open(disk, options).Read(wanted, read);
        }
        catch (StorageDamagedException)
        {
            return false;
        }

        return read.All(entry => entry.Position.Term == new Term(1) && entry.Payload.Span.IndexOfAnyExcept((byte)0) < 0) && read.Select(entry => entry.Index).SequenceEqual(wanted);
    }
}
