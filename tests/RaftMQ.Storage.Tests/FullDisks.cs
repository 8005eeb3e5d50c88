using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>Storage rule 9: a full disk shows as a refusal, early, and never as a failed write.</summary>
public sealed class FullDisks
{
    private static readonly WalOptions TwoSpares = new() { SegmentBytes = TestLog.SegmentBytes, MaxPayloadBytes = 3 * 1024, SpareSegments = 2 };
    private static readonly HardState TermOne = new(new Term(1), null);

    [Fact]
    public void The_reserve_is_reported_first_then_its_end_and_room_that_came_back_is_found()
    {
        var log = new TestLog(new SimulatedDisk(1), TwoSpares);
        log.WriteAndSync(TermOne);
        Idle(log, 50);
        log.Log.Space.ShouldBe(WalSpace.Ample);
        log.Disk.CapacityBytes = 3 * TestLog.SegmentBytes;

        var seen = new List<WalSpace>();
        ulong index = 0;
        while (log.Log.Space != WalSpace.Exhausted)
        {
            log.WriteAndSync(null, null, TestLog.Entry(++index, 1, 200));
            Idle(log, 30);
            seen.Add(log.Log.Space);
            index.ShouldBeLessThan(100UL);
        }

        seen.Distinct().ShouldBe([WalSpace.Ample, WalSpace.ReserveOnly, WalSpace.Exhausted]);
        log.Reopen();
        log.Log.LastIndex.Value.ShouldBe(index);

        log.Disk.CapacityBytes = long.MaxValue;
        Idle(log, 50);
        log.Log.Space.ShouldBe(WalSpace.Ample);
        log.WriteAndSync(null, null, TestLog.Entry(index + 1, 1, 3_000));
        log.Reopen();
        log.Describe().Split(' ').Length.ShouldBe((int)index + 1);
    }

    [Fact]
    public void A_file_for_which_room_was_reserved_takes_none_of_what_the_log_was_promised()
    {
        var log = new TestLog(new SimulatedDisk(1), TwoSpares);
        log.WriteAndSync(TermOne);
        Idle(log, 50);
        long used = log.Disk.UsedBytes;
        bool wouldTake = false;
        for (int free = 0; free < 6 * TestLog.SegmentBytes; free += 311)
        {
            for (int bytes = 1; bytes <= free; bytes = (3 * bytes) + 7)
            {
                log.Disk.CapacityBytes = used + free;
                long unreserved = log.Log.RoomBytes;
                log.Log.ReservedBytes = bytes;
                long before = log.Log.RoomBytes;
                log.Log.ReservedBytes = 0;
                using (IFile file = log.Disk.Create("beside.tmp"))
                {
                    file.Write(0, new byte[bytes]);
                }

                log.Log.RoomBytes.ShouldBe(before, $"{bytes} bytes of {free}");
                wouldTake |= log.Log.RoomBytes < unreserved;
                log.Disk.Delete("beside.tmp");
            }
        }

        wouldTake.ShouldBeTrue();
        log.Disk.CapacityBytes = used + 100;
        log.Log.ReservedBytes = 101;
        log.Log.RoomBytes.ShouldBe(0);
    }

    [Fact]
    public void Under_constant_load_room_that_came_back_is_found_too()
    {
        var log = new TestLog(new SimulatedDisk(1), TwoSpares);
        log.WriteAndSync(TermOne);
        log.Disk.CapacityBytes = 2 * TestLog.SegmentBytes;
        Idle(log, 3);
        log.Log.Space.ShouldBe(WalSpace.ReserveOnly);
        log.Disk.CapacityBytes = long.MaxValue;

        for (int i = 0; i < 1_000 && log.Log.Space != WalSpace.Ample; i++)
        {
            log.Log.WorkInBackground(idle: false);
        }

        log.Log.Space.ShouldBe(WalSpace.Ample);
    }

    [Fact]
    public void Room_that_is_known_to_have_come_back_is_found_with_the_next_steps()
    {
        var log = new TestLog(new SimulatedDisk(1), TwoSpares);
        log.WriteAndSync(TermOne);
        log.Disk.CapacityBytes = log.Disk.UsedBytes;
        Idle(log, 50);
        log.Log.Space.ShouldNotBe(WalSpace.Ample);
        log.Disk.CapacityBytes = long.MaxValue;
        Busy(log, 20);
        log.Log.Space.ShouldNotBe(WalSpace.Ample, "a full disk is not tried all the time");

        log.Log.LookForRoom();
        Busy(log, 20);

        log.Log.Space.ShouldBe(WalSpace.Ample);
    }

    [Fact]
    public void A_segment_that_is_half_full_may_be_ended_where_a_spare_is_left_for_the_next_start()
    {
        var log = new TestLog(new SimulatedDisk(1), TwoSpares);
        log.WriteAndSync(TermOne);
        Idle(log, 50);
        log.Log.EndSegment().ShouldBeFalse("there is little in it");
        ulong index = 0;
        for (; index < 10; index++)
        {
            log.WriteAndSync(null, null, TestLog.Entry(index + 1, 1, 450));
        }

        int before = SegmentsOf(log);
        log.Log.EndSegment().ShouldBeTrue();
        SegmentsOf(log).ShouldBe(before + 1);
        log.Log.EndSegment().ShouldBeFalse("the next one is empty");
        log.Reopen();
        log.WriteAndSync(null, null, TestLog.Entry(index + 1, 1, 450));
        log.Reopen();
        log.Log.LastIndex.Value.ShouldBe(index + 1);

        Idle(log, 50);
        log.Disk.CapacityBytes = log.Disk.UsedBytes;
        for (; log.Log.Space != WalSpace.Exhausted; index++)
        {
            log.WriteAndSync(null, null, TestLog.Entry(index + 2, 1, 450));
            Idle(log, 30);
        }

        log.Log.EndSegment().ShouldBeFalse("the last spare is for the next start");
    }

    private static int SegmentsOf(TestLog log) => log.Disk.List().Count(name => name.EndsWith(".wal", StringComparison.Ordinal));

    [Fact]
    public void A_batch_without_room_is_refused_whole_and_the_log_goes_on_when_there_is_some()
    {
        var log = new TestLog(new SimulatedDisk(1), TwoSpares);
        log.WriteAndSync(TermOne);
        Idle(log, 50);
        log.Disk.CapacityBytes = 3 * TestLog.SegmentBytes;
        LogEntry[] large = [.. Enumerable.Range(1, 12).Select(i => TestLog.Entry((ulong)i, 1, 3_000))];

        Should.Throw<DiskFullException>(() => log.Write(null, null, large));

        log.Log.LastIndex.ShouldBe(LogIndex.Zero);
        log.Log.Space.ShouldBe(WalSpace.Ample, "what there was is still there");
        log.WriteAndSync(null, null, large[..2]);
        log.Disk.CapacityBytes = long.MaxValue;
        log.WriteAndSync(null, null, large[2..]);
        log.Reopen();
        log.Describe().Split(' ').Length.ShouldBe(12);
    }

    [Fact]
    public void Whatever_is_written_until_the_disk_is_full_the_next_start_has_room()
    {
        for (int payload = 10; payload <= 3_000; payload += 130)
        {
            var log = new TestLog(new SimulatedDisk(1), TwoSpares);
            log.WriteAndSync(TermOne);
            Idle(log, 50);
            log.Disk.CapacityBytes = 5 * TestLog.SegmentBytes;
            ulong index = 0;
            try
            {
                while (true)
                {
                    log.WriteAndSync(null, null, TestLog.Entry(index + 1, 1, payload), TestLog.Entry(index + 2, 1, payload));
                    index += 2;
                }
            }
            catch (DiskFullException)
            {
                log.Log.Space.ShouldBe(WalSpace.Exhausted);
            }

            log.Reopen();

            log.Log.LastIndex.Value.ShouldBe(index);
        }
    }

    [Fact]
    public void A_first_start_without_room_says_so()
    {
        var disk = new SimulatedDisk(1) { CapacityBytes = 1_000 };

        Should.Throw<DiskFullException>(() => new TestLog(disk)).Message.ShouldContain("no room for a log segment");
    }

    [Fact]
    public void What_the_log_says_that_it_has_room_for_is_taken()
    {
        const int LargestBytes = TestLog.SegmentBytes - (3 * 512) - WriteAheadLog.RecordOverheadBytes;
        var random = new Random(20);
        for (int round = 0; round < 300; round++)
        {
            var log = new TestLog(new SimulatedDisk(1), new WalOptions { SegmentBytes = TestLog.SegmentBytes, MaxPayloadBytes = LargestBytes, SpareSegments = 2 });
            log.WriteAndSync(TermOne, null, [.. Enumerable.Range(1, random.Next(1, 8)).Select(i => TestLog.Entry((ulong)i, 1, random.Next(3_000)))]);
            Idle(log, random.Next(20));
            log.Disk.CapacityBytes = log.Disk.UsedBytes + (random.Next(8) * TestLog.SegmentBytes);
            long room = log.Log.RoomBytes;
            int largest = random.Next(2) == 0 ? 200 : LargestBytes;

            var batch = new List<LogEntry>();
            for (int size = random.Next(largest + 1); size + WriteAheadLog.RecordOverheadBytes <= room; size = random.Next(largest + 1))
            {
                batch.Add(TestLog.Entry(log.Log.LastIndex.Value + (ulong)batch.Count + 1, 1, size));
                room -= size + WriteAheadLog.RecordOverheadBytes;
            }

            log.WriteAndSync(null, null, [.. batch]);
        }
    }

    [Fact]
    public void Without_a_spare_for_the_next_start_there_is_room_for_nothing()
    {
        var log = new TestLog(new SimulatedDisk(1), TwoSpares);
        log.WriteAndSync(TermOne);
        Idle(log, 50);
        log.Reopen();
        log.Disk.CapacityBytes = log.Disk.UsedBytes;

        log.Log.RoomBytes.ShouldBe(0);
        Should.Throw<DiskFullException>(() => log.Write(null, null, TestLog.Entry(1, 1, 20)));
    }

    [Fact]
    public void Where_there_is_room_for_a_segment_there_is_room_for_the_largest_record()
    {
        const int LargestBytes = TestLog.SegmentBytes - (2 * 512) - WriteAheadLog.RecordOverheadBytes;
        var log = new TestLog(new SimulatedDisk(1), new WalOptions { SegmentBytes = TestLog.SegmentBytes, MaxPayloadBytes = LargestBytes, SpareSegments = 2 });
        log.WriteAndSync(TermOne);
        Idle(log, 50);
        log.Disk.CapacityBytes = log.Disk.UsedBytes + (2 * TestLog.SegmentBytes);

        log.Log.RoomBytes.ShouldBeGreaterThanOrEqualTo(LargestBytes + WriteAheadLog.RecordOverheadBytes);
    }

    [Fact]
    public void Elections_on_a_full_disk_leave_the_next_start_its_room()
    {
        var log = new TestLog(new SimulatedDisk(1), TwoSpares);
        log.WriteAndSync(TermOne);
        Idle(log, 50);
        log.Disk.CapacityBytes = log.Disk.UsedBytes;

        ulong term = 1;
        Should.Throw<DiskFullException>(() =>
        {
            while (term < 100_000)
            {
                log.WriteAndSync(new HardState(new Term(term + 1), null));
                term++;
            }
        });

        log.Reopen();
        log.Recovered.HardState.CurrentTerm.ShouldBe(new Term(term));
    }

    private static void Idle(TestLog log, int calls) => WorkInBackground(log, calls, idle: true);

    private static void Busy(TestLog log, int calls) => WorkInBackground(log, calls, idle: false);

    private static void WorkInBackground(TestLog log, int calls, bool idle)
    {
        for (int i = 0; i < calls; i++)
        {
            log.Log.WorkInBackground(idle);
        }
    }
}
