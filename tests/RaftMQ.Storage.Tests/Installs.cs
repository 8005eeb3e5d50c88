using RaftMQ.Consensus;
using RaftMQ.Simulation;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Transfer;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>A snapshot with its bodies goes from one folder to another and takes the place of what was there, all or nothing (§7).</summary>
public sealed class Installs
{
    private static readonly HardState OldVote = new(new Term(7), new ServerId(new NodeId(2), 22));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    public void A_snapshot_comes_whole_in_pieces_of_any_size_with_the_bodies_that_it_refers_to_and_no_others(int pieceBytes)
    {
        using CompactedLog from = Leader(out SnapshotMetadata metadata);
        var disk = new SimulatedDisk(9);
        using (Follower to = Old(disk))
        {
            to.Install(Pieces(from, pieceBytes)).ShouldBe(metadata, MetadataComparer);
            to.RequireIsNew(from);
        }

        using Follower again = Follower.Open(disk);
        again.RequireIsNew(from);
        disk.List().ShouldNotContain(name => name.StartsWith("install", StringComparison.Ordinal));
    }

    [Fact]
    public void A_piece_that_was_lost_is_asked_for_again_and_so_is_the_beginning_but_nothing_else()
    {
        using CompactedLog from = Leader(out _);
        using SnapshotSource source = from.Source();
        source.TryRead(0, 100, out ReadOnlyMemory<byte> first, out _).ShouldBeTrue();
        source.TryRead(100, 100, out ReadOnlyMemory<byte> second, out _).ShouldBeTrue();

        source.TryRead(100, 100, out ReadOnlyMemory<byte> again, out _).ShouldBeTrue();
        again.ToArray().ShouldBe(second.ToArray());
        source.TryRead(50, 100, out _, out _).ShouldBeFalse();
        source.TryRead(300, 100, out _, out _).ShouldBeFalse();
        source.TryRead(0, 100, out ReadOnlyMemory<byte> beginning, out _).ShouldBeTrue();
        beginning.ToArray().ShouldBe(first.ToArray());
    }

    [Fact]
    public void A_bit_that_is_wrong_anywhere_is_found_and_nothing_is_installed()
    {
        using CompactedLog from = Leader(out _);
        byte[] whole = [.. Pieces(from, 1_000).SelectMany(piece => piece)];
        for (int at = 0; at < whole.Length; at += 97)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            using Follower to = Old(new SimulatedDisk(9));

            IsTaken(to, damaged).ShouldBeFalse($"byte {at}");
            to.RequireIsOld();
        }
    }

    [Fact]
    public void A_stream_that_ends_early_or_goes_on_is_not_whole()
    {
        using CompactedLog from = Leader(out _);
        byte[] whole = [.. Pieces(from, 1_000).SelectMany(piece => piece)];
        using (Follower to = Old(new SimulatedDisk(9)))
        {
            to.Take([whole[..^1]]).IsComplete.ShouldBeFalse();
        }

        using Follower other = Old(new SimulatedDisk(9));
        Should.Throw<FormatException>(() => other.Take([[.. whole, 0]]));
        Should.Throw<FormatException>(() => other.Take([whole, whole]));
    }

    [Fact]
    public void Parts_of_two_snapshots_do_not_fit_together()
    {
        using CompactedLog one = Leader(out _);
        using CompactedLog two = Leader(out _, seed: 12);
        byte[] first = [.. Pieces(one, 1_000).SelectMany(piece => piece)];
        byte[] second = [.. Pieces(two, 1_000).SelectMany(piece => piece)];
        int at = FrameBoundaryBehind(first, first.Length / 2);
        int other = FrameBoundaryBehind(second, second.Length / 2);
        using Follower to = Old(new SimulatedDisk(9));

        Should.Throw<FormatException>(() => to.Take([first[..at], second[other..]]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void At_whatever_operation_the_power_fails_there_is_the_old_log_or_the_new_one(int seed)
    {
        using CompactedLog from = Leader(out _);
        List<byte[]> pieces = [.. Pieces(from, 20_000)];
        int operations = OperationsOf(seed, pieces);
        int old = 0;
        for (int crashAt = 0; crashAt < operations; crashAt++)
        {
            var disk = new SimulatedDisk((ulong)((seed * 10_000) + crashAt));
            Follower to = Old(disk);
            disk.CrashAfter(crashAt);
            Should.Throw<SimulatedCrashException>(() => to.Install(pieces));
            disk.Crash();
            for (int within = crashAt % 5; within < 25; within += 6)
            {
                disk.CrashAfter(within);
                try
                {
                    Follower.Open(disk).Dispose();
                    break;
                }
                catch (SimulatedCrashException)
                {
                    disk.Crash();
                }
            }

            disk.CrashAfter(int.MaxValue);
            using Follower again = Follower.Open(disk);
            old += again.IsOld ? 1 : 0;
            if (again.IsOld)
            {
                again.RequireIsOld();
            }
            else
            {
                again.RequireIsNew(from);
            }
        }

        old.ShouldBeInRange(operations / 4, operations - 3);
    }

    [Fact]
    public void Without_room_nothing_changes_and_with_room_it_is_done()
    {
        using CompactedLog from = Leader(out _);
        List<byte[]> pieces = [.. Pieces(from, 1_000)];
        var disk = new SimulatedDisk(9);
        using Follower to = Old(disk);
        disk.CapacityBytes = disk.UsedBytes + 3_000;
        Should.Throw<DiskFullException>(() => to.Install(pieces));
        to.RequireIsOld();

        disk.CapacityBytes = long.MaxValue;
        to.Install(pieces);
        to.RequireIsNew(from);
    }

    private static bool IsTaken(Follower to, byte[] stream)
    {
        try
        {
            return to.Take([stream]).IsComplete;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static readonly IEqualityComparer<SnapshotMetadata> MetadataComparer =
        EqualityComparer<SnapshotMetadata>.Create((a, b) => a!.Last == b!.Last && a.Time == b.Time && a.StateHash == b.StateHash && a.Configurations.Count == b.Configurations.Count, _ => 0);

    private static int FrameBoundaryBehind(byte[] stream, int offset)
    {
        int at = 0;
        while (at < offset)
        {
            at += TransferFrame.LengthOf(stream.AsSpan(at))!.Value;
        }

        return at;
    }

    private static int OperationsOf(int seed, List<byte[]> pieces)
    {
        var disk = new SimulatedDisk((ulong)seed);
        using Follower to = Old(disk);
        int before = disk.Operations;
        to.Install(pieces);
        return disk.Operations - before;
    }

    /// <summary>A folder with waiting messages in body files, in the log, and one snapshot that refers to them.</summary>
    private static CompactedLog Leader(out SnapshotMetadata metadata, ulong seed = 11)
    {
        var folder = new CompactedLog(new SimulatedDisk(seed));
        var chance = new Chance(seed);
        for (int round = 0; round < 8; round++)
        {
            folder.Publish(60, 200);
            folder.ConsumeSome(chance, 45);
            folder.Snapshot();
        }

        metadata = folder.SaveNewest();
        folder.FileNames(".bodies").ShouldNotBeEmpty();
        return folder;
    }

    private static IEnumerable<byte[]> Pieces(CompactedLog from, int bytes)
    {
        using SnapshotSource source = from.Source();
        long offset = 0;
        bool isLast = false;
        while (!isLast)
        {
            source.TryRead(offset, bytes, out ReadOnlyMemory<byte> data, out isLast).ShouldBeTrue();
            data.Length.ShouldBeInRange(1, bytes);
            offset += data.Length;
            yield return data.ToArray();
        }
    }

    /// <summary>A folder with entries that conflict with those of the snapshot.</summary>
    private static Follower Old(SimulatedDisk disk)
    {
        Follower follower = Follower.Open(disk);
        follower.Log.Append(new WalBatch(OldVote, null, [.. Enumerable.Range(1, 40).Select(i => TestLog.Entry((ulong)i, 5, 300))]));
        follower.Log.Sync();
        return follower;
    }

    private sealed class Follower : IDisposable
    {
        private ulong _lastId;

        private Follower(SimulatedDisk disk)
        {
            Disk = disk;
            SnapshotInstallation.FinishInterrupted(disk);
            Snapshots = SnapshotStore.Open(disk);
            Bodies = BodyStore.Open(disk, Options);
            Log = WriteAheadLog.Open(disk, Options, DrawId, null, out RecoveredLog recovered);
            State = Snapshots.Load(ReadState, text => throw new InvalidOperationException(text));
            Recovered = Log.BeginBehind(Snapshots.Oldest, recovered);
        }

        public static WalOptions Options { get; } = new() { SegmentBytes = TestLog.SegmentBytes, MaxPayloadBytes = 3 * 1024, SpareSegments = 1 };

        public SimulatedDisk Disk { get; }

        public WriteAheadLog Log { get; }

        public bool IsOld => Snapshots.Oldest is null;

        private SnapshotStore Snapshots { get; }

        private BodyStore Bodies { get; }

        private RecoveredLog Recovered { get; }

        private byte[]? State { get; set; }

        public static Follower Open(SimulatedDisk disk) => new(disk);

        public SnapshotSink Take(IEnumerable<byte[]> pieces)
        {
            using var sink = new SnapshotSink(Disk, Options, DrawId);
            foreach (byte[] piece in pieces)
            {
                sink.Take(piece);
            }

            return sink;
        }

        public SnapshotMetadata Install(IEnumerable<byte[]> pieces)
        {
            SnapshotSink sink = Take(pieces);
            State = sink.ReadState(ReadState);
            SnapshotInstallation.Run(sink, Log, Snapshots, Bodies);
            return sink.Metadata!;
        }

        public void RequireIsOld()
        {
            Snapshots.Oldest.ShouldBeNull();
            (Log.FirstIndex.Value, Log.LastIndex.Value).ShouldBe((1UL, 40UL));
            var read = new List<LogEntry>();
            Log.Read(Enumerable.Range(1, 40).Select(i => new LogIndex((ulong)i)).ToList(), read);
            read.ShouldAllBe(entry => entry.Term.Value == 5);
        }

        public void RequireIsNew(CompactedLog from)
        {
            State.ShouldBe(CompactedLog.State);
            LogIndex last = Snapshots.Oldest!.Last.Index;
            (Log.FirstIndex, Log.LastIndex).ShouldBe((last.Next, last));
            LogIndex[] needed = [.. from.NewestNeeds];
            Bodies.FileCount.ShouldBeGreaterThan(1);
            var read = new List<LogEntry>();
            Bodies.Read(needed, read);
            read.Select(entry => entry.Index).ShouldBe(needed);
            read.TrueForAll(entry => entry.Payload.Span.SequenceEqual(TestLog.Body(entry.Index.Value, entry.Term.Value, entry.Payload.Length))).ShouldBeTrue();
            Bodies.FileBytes.ShouldBeLessThan(needed.Length * 600L);
            if (Recovered.Base.Index > LogIndex.Zero)
            {
                Recovered.HardState.ShouldBe(OldVote);
                Recovered.Base.ShouldBe(Snapshots.Oldest.Last);
            }
        }

        public void Dispose()
        {
            Log.Dispose();
            Snapshots.Dispose();
        }

        private ulong DrawId() => ++_lastId * 0x9E3779B97F4A7C15;

        private static byte[] ReadState(SnapshotMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> chunks, long bytes) => [.. chunks.SelectMany(chunk => chunk.ToArray())];
    }
}
