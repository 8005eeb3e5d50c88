using RaftMQ.Consensus;
using RaftMQ.Simulation;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Identity;

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
    public void At_whatever_operation_the_power_fails_everything_synced_survives(int seed)
    {
        int operations = Script.Run(new SimulatedDisk((ulong)seed), new Script.Acknowledged());
        for (int crashAt = 0; crashAt < operations; crashAt++)
        {
            var disk = new SimulatedDisk(((ulong)seed * 10_000) + (ulong)crashAt);
            var acknowledged = new Script.Acknowledged();
            disk.CrashAfter(crashAt);
            Should.Throw<SimulatedCrashException>(() => Script.Run(disk, acknowledged));
            disk.Crash();

            // Recovery itself is cut short by another loss of power, a little later each time, before it is let through.
            for (int within = crashAt % 7; within < 12; within += 5)
            {
                disk.CrashAfter(within);
                try
                {
                    _ = new TestLog(disk);
                }
                catch (SimulatedCrashException)
                {
                    // The next try has to cope.
                }

                disk.Crash();
            }

            var log = new TestLog(disk);
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
        public static int Run(SimulatedDisk disk, Acknowledged acknowledged)
        {
            var log = new TestLog(disk);
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
