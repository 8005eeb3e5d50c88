using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>What recovery says of itself while it reads a long log.</summary>
public sealed class RecoveryReports
{
    [Fact]
    public void Recovery_tells_how_far_it_is_also_within_a_large_segment()
    {
        const int Mebibyte = 1024 * 1024;
        var log = new TestLog(new SimulatedDisk(1), new WalOptions { SegmentBytes = 16 * Mebibyte });
        log.WriteAndSync(new HardState(new Term(1), null));
        for (ulong index = 1; index <= 20; index++)
        {
            log.WriteAndSync(entries: TestLog.Entry(index, 1, Mebibyte));
        }

        log.Log.Dispose();
        var reports = new List<RecoveryProgress>();
        using WriteAheadLog again = WriteAheadLog.Open(log.Disk, log.Options, () => 7, reports.Add, out _);

        reports.Count.ShouldBeGreaterThanOrEqualTo(5);
        reports.Select(report => report.BytesRead).ShouldBeInOrder(SortDirection.Ascending);
        reports.ShouldAllBe(report => report.BytesTotal == 32 * Mebibyte && report.BytesRead <= report.BytesTotal);
        reports[0].BytesRead.ShouldBeLessThan(8 * Mebibyte);
        reports[^1].BytesRead.ShouldBe(32 * Mebibyte);
    }
}
