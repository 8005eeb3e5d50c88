using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>Storage rule 3: what lies after the last valid record, with nothing behind it that proves otherwise, is a torn tail and is cut; the rest is damage.</summary>
public sealed class TornTails
{
    private const string Segment = "0000000001.wal";
    private static readonly HardState TermOne = new(new Term(1), new ServerId(new NodeId(1), 7));

    private static TestLog ThreeUnits(bool marked)
    {
        var log = new TestLog(new SimulatedDisk(1));
        log.WriteAndSync(TermOne, null, TestLog.Entry(1, 1), TestLog.Entry(2, 1));
        log.WriteAndSync(null, null, TestLog.Entry(3, 1));
        log.WriteAndSync(null, null, TestLog.Entry(4, 1), TestLog.Entry(5, 1));
        if (marked)
        {
            log.Log.WorkInBackground(idle: true);
        }

        return log;
    }

    [Fact]
    public void What_was_synced_is_read_back()
    {
        TestLog log = ThreeUnits(marked: false);

        log.Reopen();

        log.Describe().ShouldBe("1@1 2@1 3@1 4@1 5@1");
        log.Recovered.HardState.ShouldBe(TermOne);
        log.Recovered.Tail.Count.ShouldBe(5);
    }

    /// <summary>Everything from a byte on reads as zeros: the writes behind it never reached the disk.</summary>
    [Fact]
    public void A_segment_cut_at_any_byte_is_a_tail_and_keeps_what_is_whole_before_it()
    {
        TestLog whole = ThreeUnits(marked: false);
        int end = whole.Disk.Contents(Segment).Span.LastIndexOfAnyExcept((byte)0) + 1;
        int headEnd = Sector + whole.Disk.Contents(Segment).Span.Slice(Sector, RecordHeader.Size).LastIndexOfAnyExcept((byte)0);
        int longest = 0;
        for (int cut = Sector; cut < end; cut++)
        {
            SimulatedDisk disk = whole.Disk.Copy((ulong)cut);
            disk.SetLength(Segment, cut);
            disk.SetLength(Segment, TestLog.SegmentBytes);
            if (cut <= headEnd)
            {
                Should.Throw<StorageDamagedException>(() => new TestLog(disk), $"cut at {cut}: the head of a segment is durable before it has its name");
                continue;
            }

            var log = new TestLog(disk);

            log.Describe();
            ((int)log.Log.LastIndex.Value).ShouldBeGreaterThanOrEqualTo(longest, $"cut at {cut}");
            longest = (int)log.Log.LastIndex.Value;
        }

        longest.ShouldBe(4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_bit_turned_over_before_the_last_unit_is_damage_or_harmless_and_never_a_tail(bool marked)
    {
        TestLog whole = ThreeUnits(marked);
        int lastUnit = marked ? 5 * Sector : 4 * Sector;
        int damaged = 0;
        for (int offset = 0; offset < lastUnit; offset++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                SimulatedDisk disk = whole.Disk.Copy(1);
                disk.FlipBit(Segment, offset, bit);
                TestLog log;
                try
                {
                    log = new TestLog(disk);
                }
                catch (StorageDamagedException e)
                {
                    damaged++;
                    e.Message.ShouldContain(Segment);
                    continue;
                }

                log.Describe().ShouldBe("1@1 2@1 3@1 4@1 5@1", $"bit {bit} of byte {offset}");
            }
        }

        damaged.ShouldBeGreaterThan(3_000);
    }

    [Fact]
    public void Any_bit_turned_over_in_the_last_unit_never_brings_a_wrong_record()
    {
        TestLog whole = ThreeUnits(marked: false);
        for (int offset = 4 * Sector; offset < 5 * Sector; offset++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                SimulatedDisk disk = whole.Disk.Copy(1);
                disk.FlipBit(Segment, offset, bit);

                new TestLog(disk).Describe().ShouldBeOneOf("1@1 2@1 3@1", "1@1 2@1 3@1 4@1", "1@1 2@1 3@1 4@1 5@1");
            }
        }
    }

    [Fact]
    public void A_unit_of_which_only_later_records_reached_the_disk_is_torn_and_not_damaged()
    {
        var log = new TestLog(new SimulatedDisk(1));
        log.WriteAndSync(TermOne, null, TestLog.Entry(1, 1));
        log.WriteAndSync(null, null, TestLog.Entry(2, 1, 600), TestLog.Entry(3, 1, 600), TestLog.Entry(4, 1, 600));
        log.Disk.FlipBit(Segment, (3 * Sector) + 100, 0);

        log.Reopen();

        log.Describe().ShouldBe("1@1");
        log.WriteAndSync(null, null, TestLog.Entry(2, 1, 5));
        log.Reopen();
        log.Describe().ShouldBe("1@1 2@1");
    }

    [Fact]
    public void A_durable_record_is_not_taken_for_a_tail_because_the_unit_behind_it_is_torn()
    {
        var log = new TestLog(new SimulatedDisk(1));
        log.WriteAndSync(TermOne, null, TestLog.Entry(1, 1));
        log.WriteAndSync(null, null, TestLog.Entry(2, 1, 20), TestLog.Entry(3, 1, 20));
        log.WriteAndSync(null, null, TestLog.Entry(4, 1, 600), TestLog.Entry(5, 1, 600));
        int third = (3 * Sector) + Wal.Sector.AlignRecord(RecordHeader.Size + 20);
        log.Disk.FlipBit(Segment, third + RecordHeader.Size + 1, 0);
        log.Disk.FlipBit(Segment, (4 * Sector) + RecordHeader.Size + 1, 0);

        Should.Throw<StorageDamagedException>(log.Reopen).Message.ShouldContain(Segment);
    }

    [Fact]
    public void Looking_behind_a_torn_record_of_any_size_reads_the_disk_once()
    {
        const int Large = 1024 * 1024;
        var log = new TestLog(new SimulatedDisk(1), new WalOptions { SegmentBytes = 4 * Large, MaxPayloadBytes = Large, SpareSegments = 1 });
        log.WriteAndSync(TermOne, null, TestLog.Entry(1, 1));
        log.WriteAndSync(null, null, TestLog.Entry(2, 1, Large));
        log.Disk.FlipBit(Segment, Large / 2, 0);
        int before = log.Disk.Reads;

        log.Reopen();

        log.Describe().ShouldBe("1@1");
        (log.Disk.Reads - before).ShouldBeLessThan(60);
    }

    [Fact]
    public void After_the_synced_mark_damage_to_the_last_batch_is_not_taken_for_a_tail()
    {
        TestLog log = ThreeUnits(marked: true);
        log.Disk.FlipBit(Segment, (4 * Sector) + 60, 3);

        StorageDamagedException damaged = Should.Throw<StorageDamagedException>(log.Reopen);

        damaged.Message.ShouldContain("offset");
    }

    [Fact]
    public void A_missing_segment_is_refused()
    {
        TestLog log = LongLog();
        log.Disk.Delete("0000000002.wal");

        Should.Throw<StorageDamagedException>(log.Reopen).Message.ShouldContain("segment 2 of the log is missing");
    }

    [Fact]
    public void The_end_of_a_full_segment_is_held_against_its_successors_header()
    {
        TestLog log = LongLog();
        ReadOnlySpan<byte> first = log.Disk.Contents(Segment).Span;
        int lastByte = first.LastIndexOfAnyExcept((byte)0);
        log.Disk.FlipBit(Segment, lastByte, 0);

        Should.Throw<StorageDamagedException>(log.Reopen).Message.ShouldContain(Segment);
    }

    [Fact]
    public void Damage_changes_nothing_on_the_disk()
    {
        TestLog log = ThreeUnits(marked: true);
        log.Disk.FlipBit(Segment, Sector * 3, 3);
        byte[] before = log.Disk.Contents(Segment).ToArray();

        Should.Throw<StorageDamagedException>(log.Reopen);

        log.Disk.Contents(Segment).ToArray().ShouldBe(before);
    }

    private static TestLog LongLog()
    {
        var log = new TestLog(new SimulatedDisk(1));
        log.Write(TermOne);
        for (ulong i = 1; i <= 60; i++)
        {
            log.WriteAndSync(null, null, TestLog.Entry(i, 1, 300));
        }

        log.Disk.List().Count(name => name.EndsWith(".wal", StringComparison.Ordinal)).ShouldBeGreaterThan(2);
        return log;
    }

    private const int Sector = Wal.Sector.Bytes;
}
