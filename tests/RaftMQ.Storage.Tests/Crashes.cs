using RaftMQ.Consensus;
using RaftMQ.Simulation;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>The power fails between any two operations; whatever un-synced sectors become, what was synced is there afterwards.</summary>
public sealed class Crashes
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void At_whatever_operation_the_power_fails_everything_synced_survives(int seed) => FailAtEveryOperation(seed, null);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void So_it_does_where_units_are_written_ahead_and_copies_and_spares_are_made_in_small_steps(int seed) => FailAtEveryOperation(seed, TestLog.SmallSteps);

    [Fact]
    public void A_unit_that_was_written_ahead_to_its_last_byte_is_still_to_be_synced()
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            var log = new TestLog(new SimulatedDisk(seed), TestLog.SmallSteps);
            log.WriteAndSync(new HardState(new Term(1), null), null, TestLog.Entry(1, 1));
            log.WriteAndSync(null, null, TestLog.Entry(2, 1, 900));

            log.Disk.Crash();
            log.Reopen();

            log.Describe().ShouldBe("1@1 2@1", $"seed {seed}");
        }
    }

    [Fact]
    public void A_unit_that_is_torn_while_it_is_written_ahead_is_cut_and_what_was_synced_is_not()
    {
        for (ulong seed = 1; seed <= 100; seed++)
        {
            var log = new TestLog(new SimulatedDisk(seed), TestLog.SmallSteps);
            log.WriteAndSync(new HardState(new Term(1), null), null, TestLog.Entry(1, 1, 1_100), TestLog.Entry(2, 1, 90));
            log.Write(null, null, [.. Enumerable.Range(3, 8).Select(i => TestLog.Entry((ulong)i, 1, 333))]);

            log.Disk.Crash();
            log.Reopen();

            log.Describe().ShouldStartWith("1@1 2@1");
            ulong next = log.Log.LastIndex.Value + 1;
            log.WriteAndSync(null, null, TestLog.Entry(next, 1, 800), TestLog.Entry(next + 1, 1, 800));
            log.Disk.Crash();
            log.Reopen();
            log.Log.LastIndex.Value.ShouldBe(next + 1, $"seed {seed}");
            log.Describe();
        }
    }

    private static void FailAtEveryOperation(int seed, WalOptions? options)
    {
        int operations = Script.Run(new SimulatedDisk((ulong)seed), new Script.Acknowledged(), options);
        for (int crashAt = 0; crashAt < operations; crashAt++)
        {
            var disk = new SimulatedDisk(((ulong)seed * 10_000) + (ulong)crashAt);
            var acknowledged = new Script.Acknowledged();
            disk.CrashAfter(crashAt);
            Should.Throw<SimulatedCrashException>(() => Script.Run(disk, acknowledged, options));
            disk.Crash();

            // Recovery itself is cut short by another loss of power, a little later each time, before it is let through.
            for (int within = crashAt % 7; within < (options is null ? 12 : 24); within += 5)
            {
                disk.CrashAfter(within);
                try
                {
                    _ = new TestLog(disk, options);
                }
                catch (SimulatedCrashException)
                {
                    // The next try has to cope.
                }

                disk.Crash();
            }

            var log = new TestLog(disk, options);
            acknowledged.ShouldBeIn(log, $"seed {seed}, power lost at operation {crashAt}");
        }
    }

    [Fact]
    public void Pages_that_a_failed_sync_marked_clean_do_not_count_after_a_restart_of_the_process()
    {
        var log = new TestLog(new SimulatedDisk(7));
        log.WriteAndSync(new HardState(new Term(1), null), null, TestLog.Entry(1, 1));
        log.Write(null, null, TestLog.Entry(2, 1));
        log.Disk.FailNextSync();
        Should.Throw<StorageFailedException>(log.Log.Sync);
        Should.Throw<StorageFailedException>(log.Log.Sync).Message.ShouldContain("failed before");
        Should.Throw<StorageFailedException>(() => log.WriteAndSync(null, null, TestLog.Entry(3, 1)));

        // The process restarts and still reads entry 2 from the page cache; having recovered, it has made it durable.
        log.Disk.RestartProcess();
        log.Reopen();
        string reported = log.Describe();
        log.Disk.Crash();
        log.Reopen();

        log.Describe().ShouldBe(reported);
    }

    [Fact]
    public void The_identity_survives_or_is_absent_as_a_whole()
    {
        var first = new ServerIdentity(ClusterId.None, new ServerId(new NodeId(3), 99));
        ServerIdentity born = first with { Cluster = new ClusterId(12345) };
        for (int crashAt = 0; crashAt < 10; crashAt++)
        {
            var disk = new SimulatedDisk((ulong)crashAt);
            IdentityFile.Write(disk, first);
            disk.CrashAfter(crashAt);
            bool crashed = false;
            try
            {
                IdentityFile.Write(disk, born);
            }
            catch (SimulatedCrashException)
            {
                crashed = true;
            }

            disk.Crash();
            ServerIdentity? read = IdentityFile.Read(disk);
            read.ShouldBe(read == born ? born : first);
            (crashed || read == born).ShouldBeTrue();
        }
    }

    [Fact]
    public void A_folder_that_is_emptied_is_whole_or_empty_wherever_the_power_fails()
    {
        var identity = new ServerIdentity(ClusterId.None, new ServerId(new NodeId(3), 99));
        for (int round = 0; round < 400; round++)
        {
            var disk = new SimulatedDisk((ulong)round);
            IdentityFile.Write(disk, identity);
            var log = new TestLog(disk);
            log.WriteAndSync(new HardState(new Term(1), null), null, [.. Enumerable.Range(1, 10).Select(i => TestLog.Entry((ulong)i, 1, 2_000))]);
            disk.CrashAfter(round % 10);
            try
            {
                DataFolder.Discard(disk);
            }
            catch (SimulatedCrashException)
            {
                // What is left is looked at below.
            }

            disk.Crash();
            DataFolder.FinishInterrupted(disk);

            bool isEmpty = IdentityFile.Read(disk) is null;
            new TestLog(disk).Log.LastIndex.Value.ShouldBe(isEmpty ? 0UL : 10UL, $"round {round}");
        }
    }

    [Fact]
    public void A_log_without_an_identity_is_refused_and_a_damaged_identity_too()
    {
        var disk = new SimulatedDisk(1);
        IdentityFile.Read(disk).ShouldBeNull();
        _ = new TestLog(disk);
        Should.Throw<StorageDamagedException>(() => IdentityFile.Read(disk)).Message.ShouldContain("no identity file");

        IdentityFile.Write(disk, new ServerIdentity(ClusterId.None, new ServerId(new NodeId(1), 1)));
        disk.FlipBit("identity", 20, 1);
        Should.Throw<StorageDamagedException>(() => IdentityFile.Read(disk)).Message.ShouldContain("identity file is damaged");
    }

    /// <summary>A run of batches with elections, truncations and segment changes.</summary>
    private static class Script
    {
        public static int Run(SimulatedDisk disk, Acknowledged acknowledged, WalOptions? options)
        {
            var log = new TestLog(disk, options);
            var chance = new Chance(42);
            var entries = new List<LogEntry>();
            var state = default(HardState);
            for (int step = 0; step < 40; step++)
            {
                HardState? newState = step % 9 == 0 ? new HardState(new Term(state.CurrentTerm.Value + 1), new ServerId(new NodeId(1), 5)) : null;
                state = newState ?? state;
                ulong? truncateFrom = step % 9 == 0 && entries.Count > 2 ? (ulong)entries.Count - 1 : null;
                if (truncateFrom is { } from)
                {
                    entries.RemoveRange((int)from - 1, entries.Count - (int)from + 1);
                }

                LogEntry[] added = [.. Enumerable.Range(1, chance.Below(4)).Select(i =>
                    TestLog.Entry((ulong)(entries.Count + i), state.CurrentTerm.Value, chance.Below(900)))];
                entries.AddRange(added);
                log.Write(newState, truncateFrom, added);
                if (step % 3 != 0)
                {
                    log.Log.Sync();
                    acknowledged.Take(entries, state);
                }

                log.Log.WorkInBackground(idle: step % 5 == 0);
            }

            return disk.Operations;
        }

        public sealed class Acknowledged
        {
            private List<LogPosition> _entries = [];
            private HardState _state;

            public void Take(List<LogEntry> entries, HardState state)
            {
                _entries = [.. entries.Select(entry => entry.Position)];
                _state = state;
            }

            /// <summary>Everything acknowledged is there, or was truncated in a later term by what was written after it.</summary>
            public void ShouldBeIn(TestLog log, string when)
            {
                log.Describe();
                List<LogPosition> found = [.. log.ReadAll().Select(entry => entry.Position)];
                bool laterTerm = log.Recovered.HardState.CurrentTerm > _state.CurrentTerm;
                if (!laterTerm)
                {
                    found.Take(_entries.Count).ShouldBe(_entries, when);
                    log.Recovered.HardState.ShouldBe(_state, when);
                }
                else
                {
                    found.Take(_entries.Count - 2).ShouldBe(_entries.Take(_entries.Count - 2), when);
                }
            }
        }
    }
}
