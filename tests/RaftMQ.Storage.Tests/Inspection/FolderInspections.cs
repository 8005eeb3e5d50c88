using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Inspection;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests.Inspection;

/// <summary>What an inspection says of folders that are whole, torn, or no data folders at all.</summary>
public sealed class FolderInspections
{
    [Fact]
    public void A_folder_without_identity_and_log_is_no_data_folder()
    {
        var disk = new SimulatedDisk(1);
        disk.Create("notes.txt").Dispose();

        FolderInspection.IsDataFolder(disk).ShouldBeFalse();
        FolderInspection.IsDataFolder(Folder.Long().Disk).ShouldBeTrue();
        FolderInspection.Run(disk, new WalOptions()).OtherFiles.ShouldBe([new InspectedFile("notes.txt", 0, FileUse.Unknown)]);
    }

    [Fact]
    public void What_a_sound_folder_holds_is_added_up()
    {
        var folder = new Folder();
        var admitted = new LogEntry(new LogIndex(4), new Term(2), EntryKind.Membership, new LogTime(77), Folder.Alone.WithIncarnation(new NodeId(1), 0).Encode());
        folder.Log.WriteAndSync(Folder.TermOne, null, Folder.BirthEntry, TestLog.Entry(2, 1), TestLog.Entry(3, 1));
        folder.Log.WriteAndSync(new HardState(new Term(2), null), 2, TestLog.Entry(2, 2), TestLog.Entry(3, 2), admitted);
        folder.Log.Log.WorkInBackground(idle: true);
        folder.Disk.Create("recovered.tmp").Dispose();

        FolderInspection found = folder.Inspect();

        found.IsSound.ShouldBeTrue();
        found.Findings.ShouldBeEmpty();
        found.Identity.ShouldBe(new ServerIdentity(Folder.Cluster, Folder.Server));
        found.OtherFiles.ShouldContain(new InspectedFile("recovered.tmp", 0, FileUse.Temporary));
        found.OtherFiles.ShouldContain(file => file.Use == FileUse.Spare);
        InspectedLog log = found.Log;
        (log.IsWhole, log.EndsWithMark, log.EntriesBehindDamage).ShouldBe((true, true, 0));
        log.HardState.ShouldBe(new HardState(new Term(2), null));
        (log.First.ToString(), log.Last.ToString(), log.LastTime).ShouldBe(("1@1", "4@2", new LogTime(77)));
        log.Written.ShouldBe(new EntryCounts(1, 0, 4, 1, Folder.BirthEntry.Payload.Length + 80 + admitted.Payload.Length));
        (log.Truncations, log.TruncatedEntries).ShouldBe((1L, 2UL));
        (log.Cluster, log.MembershipIndex).ShouldBe((Folder.Cluster, new LogIndex(4)));
        log.Membership!.Members.ShouldHaveSingleItem().Incarnation.ShouldBe(0u);
    }

    [Fact]
    public void Segments_are_listed_with_what_is_in_them()
    {
        FolderInspection found = Folder.Long().Inspect();

        found.Segments.Count.ShouldBeGreaterThan(3);
        found.Segments[0].ShouldSatisfyAllConditions(
            first => first.Name.ShouldBe("0000000001.wal"),
            first => first.FileBytes.ShouldBe(TestLog.SegmentBytes),
            first => first.FirstIndex.ShouldBe(new LogIndex(1)));
        for (int i = 1; i < found.Segments.Count; i++)
        {
            found.Segments[i].FirstIndex.ShouldBe(found.Segments[i - 1].LastIndex!.Value.Next);
        }

        // A hard state at the head of each, the first one, the entries and the mark.
        found.Segments.Sum(segment => segment.Records).ShouldBe(found.Segments.Count + 1 + 61 + 1);
        found.Segments.Select(segment => segment.Id).ShouldBeUnique();
    }

    [Fact]
    public void A_torn_tail_is_told_and_is_no_damage()
    {
        var folder = new Folder();
        folder.Log.WriteAndSync(Folder.TermOne, null, Folder.BirthEntry);
        folder.Log.WriteAndSync(null, null, TestLog.Entry(2, 1, 900));
        folder.Disk.FlipBit("0000000001.wal", 1600, 3);

        FolderInspection found = folder.Inspect();

        found.IsSound.ShouldBeTrue();
        Finding torn = found.Findings.ShouldHaveSingleItem();
        (torn.Kind, torn.File).ShouldBe((FindingKind.TornTail, "0000000001.wal"));
        torn.Offset.ShouldBe(found.Segments[0].UsedBytes);
        found.Log.Last.Index.ShouldBe(new LogIndex(1));
        (found.Log.IsWhole, found.Log.EndsWithMark).ShouldBe((true, false));
    }

    [Fact]
    public void A_folder_that_is_being_emptied_says_so_and_is_not_judged()
    {
        Folder folder = Folder.Long();
        folder.Disk.Create("discard").Dispose();
        folder.Disk.Delete("0000000001.wal");

        FolderInspection found = folder.Inspect();

        (FolderInspection.IsDataFolder(folder.Disk), found.IsBeingEmptied, found.IsSound).ShouldBe((true, true, true));
        found.Segments.ShouldBeEmpty();
    }

    [Fact]
    public void An_unborn_node_whose_log_has_a_birth_is_one_whose_start_was_cut_short()
    {
        var folder = new Folder(ClusterId.None);
        folder.Log.WriteAndSync(Folder.TermOne, null, Folder.BirthEntry);

        folder.Inspect().Findings.ShouldBeEmpty();
    }

    [Fact]
    public void The_log_is_shown_as_it_was_written_and_only_what_is_wanted()
    {
        var folder = new Folder();
        folder.Log.WriteAndSync(Folder.TermOne, null, Folder.BirthEntry, TestLog.Entry(2, 1), TestLog.Entry(3, 1));
        folder.Log.WriteAndSync(null, 3, TestLog.Entry(3, 1, 5), TestLog.Entry(4, 1));
        var visitor = new Notes(from: 2, to: 3);

        folder.Inspect(visitor);

        visitor.Lines.ShouldBe(["2@1 20", "3@1 20", "truncated from 3", "3@1 5"]);
    }

    [Fact]
    public void Progress_comes_to_its_end_over_all_segments()
    {
        Folder folder = Folder.Long();
        var reports = new List<RecoveryProgress>();

        FolderInspection found = FolderInspection.Run(folder.Disk, folder.Log.Options, null, reports.Add);

        reports.Count.ShouldBe(found.Segments.Count);
        reports[^1].ShouldBe(new RecoveryProgress(found.Segments.Sum(segment => segment.FileBytes), found.Segments.Sum(segment => segment.FileBytes)));
    }

    [Fact]
    public void Snapshots_are_read_to_their_end_and_a_damaged_one_is_passed_over()
    {
        Folder folder = Folder.Long();
        folder.Save(20);
        folder.Save(40);
        folder.Inspect().Findings.ShouldBeEmpty();
        folder.Inspect().Snapshots.Select(snapshot => snapshot.Last?.Index.Value).ShouldBe([20UL, 40UL]);

        folder.Disk.FlipBit("00000000000000000040.snapshot", 200, 1);

        FolderInspection found = folder.Inspect();
        found.IsSound.ShouldBeTrue();
        found.Snapshots.Select(snapshot => snapshot.Last?.Index.Value).ShouldBe([20UL, null]);
        Finding finding = found.Findings.ShouldHaveSingleItem();
        (finding.Kind, finding.File).ShouldBe((FindingKind.PassedOver, "00000000000000000040.snapshot"));
    }

    [Fact]
    public void A_snapshot_beyond_the_end_of_the_log_is_damage()
    {
        Folder folder = Folder.Long();
        folder.Save(62);

        folder.Damaged().ShouldBe(["00000000000000000062.snapshot@0"]);
    }
}

/// <summary>Writes down what it is shown.</summary>
internal sealed class Notes(ulong from, ulong to) : IJournalVisitor
{
    public List<string> Lines { get; } = [];

    public bool Wants(LogIndex index) => index.Value >= from && index.Value <= to;

    public void Entry(in LogEntry entry) => Lines.Add($"{entry.Position} {entry.Payload.Length}");

    public void Truncation(LogIndex from) => Lines.Add($"truncated from {from}");

    public void Damage(Finding finding) => Lines.Add($"{finding.Kind} at {finding.Offset}");
}
