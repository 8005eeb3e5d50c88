using RaftMQ.Consensus;
using RaftMQ.Simulation;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>The log against a list in memory.</summary>
public sealed class Histories
{
    [Fact]
    public void Checksums_begin_differently_in_every_segment_so_that_the_bytes_of_one_are_never_taken_for_anothers()
    {
        SegmentHeader[] headers = [.. Enumerable.Range(1, 200).Select(i => new SegmentHeader(TestLog.SegmentBytes, (ulong)i * 0x9E3779B97F4A7C15, (ulong)i, default))];

        headers.Select(header => header.Seed).ShouldBeUnique();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_is_written_truncated_and_reopened_reads_as_a_list_would(bool inSmallSteps)
    {
        for (ulong seed = 1; seed <= 300; seed++)
        {
            var chance = new Chance(seed);
            var log = new TestLog(new SimulatedDisk(seed), inSmallSteps ? TestLog.SmallSteps : null);
            var model = new List<LogEntry>();
            ulong term = 0;
            for (int step = 0; step < 40; step++)
            {
                bool election = term == 0 || chance.Below(8) == 0;
                ulong? truncateFrom = election && model.Count > 0 && chance.Below(2) == 0 ? (ulong)chance.Below(model.Count) + 1 : null;
                term += election ? 1UL : 0;
                if (truncateFrom is { } from)
                {
                    model.RemoveRange((int)from - 1, model.Count - (int)from + 1);
                }

                LogEntry[] added = [.. Enumerable.Range(1, chance.Below(5)).Select(i => TestLog.Entry((ulong)(model.Count + i), term, chance.Below(1_500)))];
                model.AddRange(added);
                log.WriteAndSync(election ? new HardState(new Term(term), null) : null, truncateFrom, added);
                if (chance.Below(10) == 0)
                {
                    log.Log.Dispose();
                    log.Reopen();
                    log.Recovered.HardState.CurrentTerm.Value.ShouldBe(term);
                }
            }

            log.Describe().ShouldBe(string.Join(" ", model.Select(entry => entry.Position)), $"seed {seed}");
            ReadsSingly(log, model, chance, $"seed {seed}");
        }
    }

    private static void ReadsSingly(TestLog log, List<LogEntry> model, Chance chance, string when)
    {
        int oneOf = chance.Below(6) + 1;
        LogIndex[] some = [.. model.Select(entry => entry.Index).Where(_ => chance.Below(oneOf) == 0)];
        var found = new List<LogEntry>();
        log.Log.Read(some, found);
        found.Select(entry => entry.Index).ShouldBe(some, when);
        foreach (LogEntry entry in found)
        {
            LogEntry expected = model[(int)entry.Index.Value - 1];
            entry.Position.ShouldBe(expected.Position, when);
            entry.Payload.Span.SequenceEqual(expected.Payload.Span).ShouldBeTrue(when);
        }
    }

    /// <summary>dotNext #292: a wrong offset at a border. All sizes around the end of a segment, so that each border is met once.</summary>
    [Fact]
    public void Payloads_of_all_sizes_around_the_end_of_a_segment_are_read_back()
    {
        const int Left = TestLog.SegmentBytes - (3 * 512) - RecordHeader.Size - 2_500;
        for (int size = Left - 160; size <= Left + 160; size++)
        {
            var log = new TestLog(new SimulatedDisk(1), new WalOptions { SegmentBytes = TestLog.SegmentBytes, MaxPayloadBytes = 6_000, SpareSegments = 1 });
            log.WriteAndSync(new HardState(new Term(1), null), null, TestLog.Entry(1, 1, 2_400));
            log.WriteAndSync(null, null, TestLog.Entry(2, 1, size));
            log.WriteAndSync(null, null, TestLog.Entry(3, 1, 0), TestLog.Entry(4, 1, 1));

            log.Describe().ShouldBe("1@1 2@1 3@1 4@1", $"size {size}");
            log.Reopen();
            log.Describe().ShouldBe("1@1 2@1 3@1 4@1", $"size {size}");
        }
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(2 * TestLog.SegmentBytes)]
    [InlineData(1024 * 1024)]
    public void Recovery_hands_back_the_end_of_the_log_and_of_what_stands_before_only_the_configurations(int tailBytes)
    {
        var log = new TestLog(new SimulatedDisk(3), TestLog.SmallSteps with { TailBytes = tailBytes });
        LogEntry birth = new(new LogIndex(1), new Term(1), EntryKind.Birth, new LogTime(1), TestLog.Body(1, 1, 300));
        log.WriteAndSync(new HardState(new Term(1), null), null, birth);
        for (ulong i = 2; i <= 300; i++)
        {
            log.WriteAndSync(null, null, TestLog.Entry(i, 1, 100 + (int)(i % 7)));
        }

        log.WriteAndSync(new HardState(new Term(2), null), 290, TestLog.Entry(290, 2, 100), TestLog.Entry(291, 2, 100));
        log.Reopen();

        LogEntry[] tail = [.. log.Recovered.Tail];
        tail[^1].Index.Value.ShouldBe(291UL);
        tail.Select(entry => entry.Index.Value).ShouldBe(Enumerable.Range(0, tail.Length).Select(i => 291UL - (ulong)(tail.Length - 1) + (ulong)i), "it has no gap");
        tail.Sum(entry => entry.Payload.Length).ShouldBeLessThanOrEqualTo(2 * tailBytes);
        (tail.Length == 291).ShouldBe(tailBytes == 1024 * 1024, "all of it is handed back if it is no more than asked for");
        log.Recovered.Configurations.ShouldHaveSingleItem().Payload.ToArray().ShouldBe(birth.Payload.ToArray());
        foreach (LogEntry entry in tail.Where(entry => entry.Kind == EntryKind.Command))
        {
            entry.Payload.Length.ShouldBeGreaterThanOrEqualTo(100);
            entry.Payload.ToArray().ShouldBe(TestLog.Body(entry.Index.Value, entry.Term.Value, entry.Payload.Length));
        }
    }

    [Fact]
    public void A_real_folder_keeps_a_log_and_is_one_process_s_at_a_time()
    {
        string folder = Directory.CreateTempSubdirectory("raftmq-storage-").FullName;
        try
        {
            var files = new PhysicalFileSystem(folder);
            using IDisposable? taken = files.TryLock();
            taken.ShouldNotBeNull();
            new PhysicalFileSystem(folder).TryLock().ShouldBeNull();

            ulong id = 0;
            var options = new WalOptions { SegmentBytes = 64 * 1024, MaxPayloadBytes = 16 * 1024 };
            using (WriteAheadLog log = WriteAheadLog.Open(files, options, () => ++id, null, out _))
            {
                log.Append(new WalBatch(new HardState(new Term(1), null), null, [TestLog.Entry(1, 1, 10_000), TestLog.Entry(2, 1, 10)]));
                log.Sync();
                while (log.WorkInBackground(idle: true))
                {
                }
            }

            using WriteAheadLog again = WriteAheadLog.Open(files, options, () => ++id, null, out RecoveredLog recovered);
            recovered.LastIndex.ShouldBe(new LogIndex(2));
            recovered.Tail[0].Payload.ToArray().ShouldBe(TestLog.Body(1, 1, 10_000));
            files.List().ShouldBe(["0000000001.wal"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
