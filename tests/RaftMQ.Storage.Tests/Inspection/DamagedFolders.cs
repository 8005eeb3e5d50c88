using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Inspection;
using RaftMQ.Storage.Wal;
using static RaftMQ.Storage.Tests.Inspection.HandWritten;

namespace RaftMQ.Storage.Tests.Inspection;

/// <summary>An inspection names every damaged place, not only the first, and judges by the rules of a start.</summary>
public sealed class DamagedFolders
{
    private const string Segment = "0000000001.wal";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_folder_is_sound_exactly_if_a_node_starts_with_it_whatever_bit_is_turned_over(bool marked)
    {
        var whole = new Folder();
        whole.Log.WriteAndSync(Folder.TermOne, null, Folder.BirthEntry, TestLog.Entry(2, 1));
        whole.Log.WriteAndSync(null, null, TestLog.Entry(3, 1));
        whole.Log.WriteAndSync(null, 3, TestLog.Entry(3, 1), TestLog.Entry(4, 1));
        if (marked)
        {
            whole.Log.Log.WorkInBackground(idle: true);
        }

        int end = whole.Disk.Contents(Segment).Span.LastIndexOfAnyExcept((byte)0);
        int damaged = 0;
        for (int bit = 0; bit <= end * 8; bit += 3)
        {
            SimulatedDisk disk = whole.Disk.Copy(1);
            disk.FlipBit(Segment, bit / 8, bit % 8);

            FolderInspection found = FolderInspection.Run(disk, whole.Log.Options);

            damaged += found.IsSound ? 0 : 1;
            LogIndex? last = null;
            try
            {
                last = new TestLog(disk).Log.LastIndex;
            }
            catch (StorageDamagedException)
            {
                found.IsSound.ShouldBeFalse($"bit {bit % 8} of byte {bit / 8}");
                continue;
            }

            found.IsSound.ShouldBeTrue($"bit {bit % 8} of byte {bit / 8}");
            found.Log.Last.Index.ShouldBe(last.Value);
        }

        damaged.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public void Every_damaged_record_of_every_segment_is_named_with_its_place()
    {
        Folder folder = Folder.Long();
        (string Segment, int Offset)[] damaged = [folder.Damage(61), folder.Damage(31), folder.Damage(30), folder.Damage(9), folder.Damage(5)];
        damaged.Select(place => place.Segment).Distinct().Count().ShouldBeGreaterThan(2);

        FolderInspection found = folder.Inspect();

        // Entries 30 and 31 stand side by side: one place.
        found.IsSound.ShouldBeFalse();
        folder.Damaged().ShouldBe(new[] { damaged[4], damaged[3], damaged[2], damaged[0] }.Select(place => $"{place.Segment}@{place.Offset}"));
        found.Findings[0].What.ShouldContain("records can be read again from offset");
        found.Log.Last.Index.ShouldBe(new LogIndex(4));
        (found.Log.IsWhole, found.Log.EndsWithMark, found.Log.EntriesBehindDamage).ShouldBe((false, false, 61 - 4 - 5));
    }

    [Fact]
    public void Damage_is_shown_where_it_stands_among_the_entries()
    {
        Folder folder = Folder.Long();
        (_, int offset) = folder.Damage(3);
        var notes = new Notes(from: 2, to: 4);

        folder.Inspect(notes);

        notes.Lines.ShouldBe(["2@1 300", $"Damage at {offset}", "4@1 300"]);
    }

    [Fact]
    public void A_log_that_is_damaged_right_behind_a_mark_does_not_end_with_it()
    {
        var folder = new Folder();
        folder.Log.WriteAndSync(Folder.TermOne, null, Folder.BirthEntry);
        folder.Log.Log.WorkInBackground(idle: true);
        folder.Log.WriteAndSync(null, null, TestLog.Entry(2, 1));
        folder.Log.Log.WorkInBackground(idle: true);
        folder.Damage(2);

        (folder.Inspect().IsSound, folder.Inspect().Log.EndsWithMark).ShouldBe((false, false));
    }

    [Fact]
    public void A_missing_segment_is_named_and_the_others_are_read()
    {
        Folder folder = Folder.Long();
        int segments = folder.Inspect().Segments.Count;
        folder.Disk.Delete("0000000002.wal");

        FolderInspection found = folder.Inspect();

        found.Findings.ShouldHaveSingleItem().ShouldBe(new Finding(FindingKind.Damage, "0000000003.wal", 0, "segment 2 of the log is missing"));
        found.Segments.Count.ShouldBe(segments - 1);
        found.Segments.ShouldAllBe(segment => segment.Records > 1);
    }

    [Fact]
    public void A_damaged_header_costs_its_own_segment_only()
    {
        Folder folder = Folder.Long();
        folder.Disk.FlipBit("0000000002.wal", 20, 1);

        FolderInspection found = folder.Inspect();

        found.Findings.ShouldHaveSingleItem().ShouldBe(new Finding(FindingKind.Damage, "0000000002.wal", 0, "the header of the segment is damaged"));
        (found.Segments[1].Id, found.Segments[1].Records, found.Segments[1].FileBytes).ShouldBe((null, 0, TestLog.SegmentBytes));
        found.Segments[2].Records.ShouldBeGreaterThan(1);
    }

    [Fact]
    public void The_end_of_a_segment_before_a_damaged_header_is_looked_at_all_the_same()
    {
        Folder folder = Folder.Long();
        folder.Disk.FlipBit("0000000002.wal", 20, 1);
        (_, int offset) = folder.Damage(folder.Inspect().Segments[0].LastIndex!.Value.Value);

        folder.Damaged().ShouldBe([$"{Segment}@{offset}", "0000000002.wal@0"]);
    }

    [Fact]
    public void A_file_that_was_cut_off_is_named_with_both_lengths()
    {
        Folder folder = Folder.Long();
        folder.Disk.SetLength(Segment, 5_000);

        Finding[] found = [.. folder.Inspect().Findings];

        found[0].ShouldBe(new Finding(FindingKind.Damage, Segment, 5_000, $"the file has 5000 bytes and should have {TestLog.SegmentBytes}"));
        found[1].What.ShouldContain("the next segment says that this one goes on to offset");
        found.Length.ShouldBe(2);
    }

    [Fact]
    public void Whole_records_that_do_not_follow_are_damage_before_and_behind_a_gap()
    {
        Folder folder = WrittenByHand(
            Hard(3), Entry(1, 1), Entry(2, 2), Entry(4, 2), Entry(5, 1), Hard(2), Cut(9), Entry(9, 2), Entry(10, 3));

        folder.Inspect().Findings.Select(finding => finding.What).ShouldBe([
            "entry 4@2 does not follow entry 2@2",
            "entry 5@1 does not follow entry 4@2",
            "a term that falls",
            "a truncation of entries that are not there",
            "entry 10@3 does not follow entry 9@2"]);
    }

    [Fact]
    public void Behind_lost_records_a_term_and_an_index_are_believed_once()
    {
        Folder folder = WrittenByHand(Hard(1), Entry(1, 1), Entry(2, 1), Hard(9), Entry(3, 4), Entry(4, 6), Cut(2), Entry(2, 7), Entry(3, 6));
        folder.Damage(2);
        folder.Disk.FlipBit(Segment, (4 * Sector.Bytes) + 41, 0);

        folder.Inspect().Findings.Select(finding => finding.What.Split(',')[0]).ShouldBe(["a record is damaged", "entry 3@6 does not follow entry 2@7"]);
    }

    [Fact]
    public void An_entry_that_holds_no_configuration_or_is_of_no_kind_is_damage()
    {
        Folder folder = WrittenByHand(Hard(1), Entry(1, 1), Entry(2, 1) with { Kind = (byte)EntryKind.Membership }, Entry(3, 1) with { Kind = 9 });

        folder.Inspect().Findings.Select(finding => finding.What.Split(':')[0]).ShouldBe([
            "entry 2 holds no configuration", "entry 3 is of kind 9, which this program does not know"]);
    }

    [Fact]
    public void An_identity_that_is_damaged_missing_or_anothers_is_named()
    {
        Folder folder = Folder.Long();
        folder.Disk.FlipBit("identity", 30, 0);
        folder.Inspect().Findings.ShouldHaveSingleItem().ShouldBe(new Finding(FindingKind.Damage, "identity", 0, "the identity is damaged"));
        folder.Inspect().Identity.ShouldBeNull();

        folder.Disk.Delete("identity");
        folder.Inspect().Findings.ShouldHaveSingleItem().What.ShouldStartWith("the file is missing");

        IdentityFile.Write(folder.Disk, new ServerIdentity(new ClusterId(5), Folder.Server));
        folder.Inspect().Findings.ShouldHaveSingleItem().What.ShouldEndWith("files of two folders are mixed");
    }

    [Fact]
    public void An_identity_whose_log_was_lost_is_damage()
    {
        var disk = new SimulatedDisk(1);
        IdentityFile.Write(disk, new ServerIdentity(Folder.Cluster, Folder.Server));

        FolderInspection.Run(disk, new WalOptions()).Findings.ShouldHaveSingleItem().What.ShouldEndWith("there is no log of it: it was lost");
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_one_finding_and_the_rest_is_read()
    {
        Folder folder = Folder.Long();

        FolderInspection found = FolderInspection.Run(new Unreadable(folder.Disk, "0000000002.wal"), folder.Log.Options);

        found.Findings.ShouldHaveSingleItem().What.ShouldBe("the file cannot be read: Input/output error");
        found.Segments[2].Records.ShouldBeGreaterThan(1);
    }

    [Fact]
    public void Nothing_is_changed()
    {
        Folder folder = Folder.Long();
        folder.Damage(5);
        folder.Disk.Create("left.tmp").Dispose();
        string[] names = [.. folder.Disk.List()];
        byte[][] before = [.. names.Select(name => folder.Disk.Contents(name).ToArray())];
        int operations = folder.Disk.Operations;

        folder.Inspect(new Notes(0, 100));

        folder.Disk.Operations.ShouldBe(operations);
        folder.Disk.List().ShouldBe(names);
        names.Select(name => folder.Disk.Contents(name).ToArray()).ShouldBe(before);
    }

    /// <summary>A log whose only segment holds these records, whether they follow each other or not.</summary>
    private static Folder WrittenByHand(params RecordHeader[] records)
    {
        var folder = new Folder(ClusterId.None);
        folder.Disk.Delete(Segment);
        HandWritten.Write(folder.Disk, Segment, new SegmentHeader(TestLog.SegmentBytes, 77, 1, default), records);
        return folder;
    }

    private sealed class Unreadable(IFileSystem files, string unreadable) : PassedOnFolder(files)
    {
        public override IFile Open(string name) => name == unreadable ? throw new IOException("Input/output error") : base.Open(name);
    }
}
