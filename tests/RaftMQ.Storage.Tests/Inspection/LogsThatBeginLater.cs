using RaftMQ.Consensus;
using RaftMQ.Storage.Inspection;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests.Inspection;

/// <summary>A log whose beginning was released is sound if a snapshot holds what stood there, and says what it says of it.</summary>
public sealed class LogsThatBeginLater
{
    private const string Lost = "entries that were durable are lost";

    [Fact]
    public void It_is_sound_behind_a_snapshot_which_names_the_cluster_and_its_members()
    {
        Folder folder = Later(snapshotUpTo: 40);

        FolderInspection found = folder.Inspect();

        found.Findings.ShouldBeEmpty();
        (found.Log.First.Index, found.Log.Last.Index).ShouldBe((found.Log.BeginsBehind.Next, new LogIndex(61)));
        found.Log.BeginsBehind.Value.ShouldBeInRange(10UL, 40UL);
        (found.Log.Cluster, found.Log.MembershipIndex).ShouldBe((Folder.Cluster, new LogIndex(1)));
        found.Log.Membership!.Members.ShouldHaveSingleItem().Node.ShouldBe(Folder.Server.Node);
        found.Log.Written.Births.ShouldBe(0);
    }

    [Fact]
    public void Without_a_snapshot_that_is_whole_what_stood_before_is_lost_and_nothing_else_is_said()
    {
        Folder folder = Later(snapshotUpTo: 40);
        ulong first = folder.Inspect().Log.First.Index.Value;
        folder.Disk.FlipBit("00000000000000000040.snapshot", 200, 1);

        FolderInspection found = folder.Inspect();

        Finding damage = found.Findings.Single(finding => finding.Kind == FindingKind.Damage);
        damage.ShouldBe(new Finding(FindingKind.Damage, "0000000003.wal", 0, $"the log begins with entry {first}, and no snapshot is whole: {Lost}"));
        found.Findings.Count.ShouldBe(2);
        (found.Starts, found.Log.Cluster).ShouldBe((false, ClusterId.None));
    }

    [Fact]
    public void Behind_a_snapshot_that_ends_too_early_entries_are_lost()
    {
        Folder folder = Later(snapshotUpTo: 5);

        Finding damage = folder.Inspect().Findings.ShouldHaveSingleItem();

        (damage.File, damage.What.EndsWith(Lost, StringComparison.Ordinal)).ShouldBe(("0000000003.wal", true));
        damage.What.ShouldContain("the oldest whole snapshot goes up to entry 5@1");
        (folder.Inspect().Starts, folder.Inspect().IsSound).ShouldBe((false, false));
    }

    [Fact]
    public void The_entry_right_before_its_first_must_be_in_the_snapshot_for_an_inspection_and_for_a_start()
    {
        ulong first = Later(snapshotUpTo: 40).Inspect().Log.First.Index.Value;

        (Later(first - 1).Inspect().IsSound, Starts(Later(first - 1), first - 1)).ShouldBe((true, true));
        (Later(first - 2).Inspect().IsSound, Starts(Later(first - 2), first - 2)).ShouldBe((false, false));
    }

    [Fact]
    public void The_oldest_snapshot_is_the_one_that_counts_and_the_newest_tells_nothing_of_what_stood_between()
    {
        Folder folder = Later(snapshotUpTo: 5);
        folder.Save(50);

        folder.Damaged().ShouldBe(["0000000003.wal@0"]);
        folder.Disk.FlipBit("00000000000000000005.snapshot", 20, 1);
        folder.Inspect().IsSound.ShouldBeTrue();
    }

    [Fact]
    public void Of_an_older_snapshot_a_start_reads_the_header_alone_and_so_it_counts_with_a_damaged_state()
    {
        Folder folder = Later(snapshotUpTo: 5);
        folder.Save(50);
        folder.Disk.FlipBit("00000000000000000005.snapshot", 300, 1);

        folder.Damaged().ShouldBe(["0000000003.wal@0"]);
    }

    [Fact]
    public void Without_entries_it_goes_on_behind_the_snapshot()
    {
        Folder folder = WithoutEntries();
        folder.Save(60, term: 3);

        FolderInspection found = folder.Inspect();

        found.Findings.ShouldBeEmpty();
        (found.Log.First, found.Log.Last, found.Log.BeginsBehind).ShouldBe((LogPosition.Zero, LogPosition.Zero, new LogIndex(60)));
        (found.Log.Cluster, found.Log.LastTime).ShouldBe((Folder.Cluster, new LogTime(10)));
    }

    [Fact]
    public void Without_entries_and_without_a_snapshot_all_is_lost()
    {
        Finding damage = WithoutEntries().Inspect().Findings.ShouldHaveSingleItem();

        (damage.File, damage.What.EndsWith(Lost, StringComparison.Ordinal)).ShouldBe(("0000000007.wal", true));
    }

    [Fact]
    public void A_snapshot_beyond_its_end_is_damage()
    {
        Folder folder = Later(snapshotUpTo: 62);

        Finding damage = folder.Inspect().Findings.ShouldHaveSingleItem();

        damage.ShouldBe(new Finding(FindingKind.Damage, "00000000000000000062.snapshot", 0, $"it goes up to entry 62@1, and the log ends at entry 61: {Lost}"));
    }

    [Fact]
    public void A_snapshot_up_to_an_entry_of_another_term_or_of_another_cluster_is_damage()
    {
        Folder folder = Folder.Long();
        folder.Save(40, term: 2);
        folder.Inspect().Findings.ShouldHaveSingleItem().What.ShouldStartWith("it goes up to entry 40@2, and the log has that of term 1 there");

        folder = Folder.Long();
        folder.Save(40);
        folder.Save(50, configurations: Folder.BirthEntry with { Payload = new Birth(new ClusterId(9), Folder.Server, Folder.Alone, default).Encode() });
        folder.Inspect().Findings.ShouldHaveSingleItem().What.ShouldEndWith("files of two folders are mixed");

        folder = Folder.Long();
        folder.Save(50, configurations: Folder.BirthEntry with { Payload = new Birth(new ClusterId(9), Folder.Server, Folder.Alone, default).Encode() });
        folder.Damaged().ShouldBe(["identity@0"]);
    }

    [Fact]
    public void A_snapshot_that_names_no_configuration_is_damage()
    {
        Folder folder = Later(snapshotUpTo: 40, TestLog.Entry(1, 1));

        folder.Inspect().Findings.Select(finding => (finding.Kind, finding.File, finding.What.Split(':')[0])).ShouldContain(
            (FindingKind.Damage, "00000000000000000040.snapshot", "entry 1 holds no configuration"));
    }

    [Fact]
    public void A_missing_segment_in_its_middle_is_damage_and_nothing_is_said_of_its_beginning()
    {
        Folder folder = Later(snapshotUpTo: 40);
        folder.Disk.Delete("0000000004.wal");

        folder.Inspect().Findings.ShouldHaveSingleItem().What.ShouldBe("segment 4 of the log is missing");
    }

    [Fact]
    public void Of_what_a_truncation_drops_only_what_was_written_in_this_log_is_counted()
    {
        var folder = new Folder();
        folder.Disk.Delete("0000000001.wal");
        var header = new SegmentHeader(TestLog.SegmentBytes, 77, 7, default);
        HandWritten.Write(folder.Disk, "0000000007.wal", header, HandWritten.Hard(2), HandWritten.Entry(50), HandWritten.Entry(51), HandWritten.Cut(40), HandWritten.Entry(40, 2));
        folder.Save(39);

        InspectedLog log = folder.Inspect().Log;

        folder.Inspect().Findings.ShouldBeEmpty();
        (log.Truncations, log.TruncatedEntries, log.Written.Total).ShouldBe((1L, 2UL, 3L));
        (log.First, log.Last, log.BeginsBehind.Value).ShouldBe((log.Last, new LogPosition(new LogIndex(40), new Term(2)), 39UL));
    }

    private static bool Starts(Folder folder, ulong snapshotUpTo)
    {
        folder.Log.Reopen();
        try
        {
            folder.Log.Log.BeginBehind(new SnapshotMetadata(new LogPosition(new LogIndex(snapshotUpTo), new Term(1)), new LogTime(10), 5, [Folder.BirthEntry]), folder.Log.Recovered);
            return true;
        }
        catch (StorageDamagedException)
        {
            return false;
        }
    }

    /// <summary>A log that begins with its third segment.</summary>
    private static Folder Later(ulong snapshotUpTo, params LogEntry[] configurations)
    {
        Folder folder = Folder.Long();
        folder.Save(snapshotUpTo, configurations: configurations);
        folder.Disk.Delete("0000000001.wal");
        folder.Disk.Delete("0000000002.wal");
        return folder;
    }

    /// <summary>A log whose only segment says nothing but the term.</summary>
    private static Folder WithoutEntries()
    {
        var folder = new Folder();
        folder.Disk.Delete("0000000001.wal");
        HandWritten.Write(folder.Disk, "0000000007.wal", new SegmentHeader(TestLog.SegmentBytes, 77, 7, default), HandWritten.Hard(3));
        return folder;
    }
}
