using RaftMQ.Consensus;
using RaftMQ.Simulation;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>The list of the bodies that a snapshot refers to: every entry is in it, whatever the order and however many they are.</summary>
public sealed class LiveLists
{
    [Theory]
    [InlineData(1, 50, 200_000)]
    [InlineData(2, 2_048, 65_536)]
    [InlineData(3, 2_049, 65_536)]
    [InlineData(4, 30_000, 100_000)]
    [InlineData(5, 150_000, 160_000)]
    [InlineData(6, 5_000, 10_000_000)]
    public void What_was_added_is_listed_ascending_and_once_from_wherever_one_asks(ulong seed, int count, int range)
    {
        var chance = new Chance(seed);
        var live = new LiveBodies();
        var expected = new SortedDictionary<ulong, long>();
        for (int i = 0; i < count; i++)
        {
            ulong index = 1 + (ulong)chance.Below(range);
            int length = chance.Below(2_000);
            live.Add(new LogIndex(index), length);
            expected[index] = expected.GetValueOrDefault(index) + length;
        }

        live.Count.ShouldBe(count);
        for (int i = 0; i < 20; i++)
        {
            ulong first = i == 0 ? 0 : 1 + (ulong)chance.Below(range);
            ulong last = i == 0 ? (ulong)range : first + (ulong)chance.Below(range);
            KeyValuePair<ulong, long>[] within = [.. expected.Where(entry => entry.Key >= first && entry.Key <= last)];
            live.In(new LogIndex(first), new LogIndex(last)).Select(entry => entry.Index.Value).ShouldBe(within.Select(entry => entry.Key));

            // At either end a word may be cut, whose average stands for what is left of it; a division may round down.
            long bytes = within.Sum(entry => entry.Value + WriteAheadLog.RecordOverheadBytes);
            live.BytesIn(new LogIndex(first), new LogIndex(last)).ShouldBeInRange(bytes - within.Length - (2 * 64 * 2_000), bytes + (2 * 64 * 2_000));
        }
    }

    [Fact]
    public void Of_few_the_lengths_are_exact_and_several_bodies_of_one_entry_are_taken_together()
    {
        var live = new LiveBodies();
        live.Add(new LogIndex(9), 5);
        live.Add(new LogIndex(3), 100);
        live.Add(new LogIndex(9), 7);

        live.In(LogIndex.Zero, new LogIndex(100)).ShouldBe([(new LogIndex(3), 100), (new LogIndex(9), 12)]);
    }

    [Fact]
    public void A_million_neighbours_cost_less_than_a_megabyte()
    {
        var live = new LiveBodies();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 1; i <= 1_000_000; i++)
        {
            live.Add(new LogIndex(i), 1_024);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(800_000, "lists that became bits are among it");
        live.BytesIn(new LogIndex(1), new LogIndex(1_000_000)).ShouldBe(1_000_000L * (1_024 + WriteAheadLog.RecordOverheadBytes));
    }

    [Theory]
    [InlineData(1_000, 0)]
    [InlineData(1, 0)]
    [InlineData(5_000, 3)]
    public void Pieces_hold_every_entry_once_and_little_more_than_they_may(int pieceBytes, int gap)
    {
        var live = new LiveBodies();
        for (ulong i = 1; i <= 3_000; i++)
        {
            live.Add(new LogIndex(i * (ulong)(gap + 1)), 100);
        }

        var all = new List<ulong>();
        foreach (IReadOnlyList<LogIndex> piece in live.InPieces(new LogIndex(1), new LogIndex(20_000), pieceBytes, jumpBytes: 400))
        {
            piece.ShouldNotBeEmpty();
            int cost = 100 + WriteAheadLog.RecordOverheadBytes + Math.Min(400, gap * (100 + WriteAheadLog.RecordOverheadBytes));
            ((piece.Count - 1) * cost).ShouldBeLessThanOrEqualTo(pieceBytes);
            all.AddRange(piece.Select(index => index.Value));
        }

        all.ShouldBe(Enumerable.Range(1, 3_000).Select(i => (ulong)(i * (gap + 1))));
    }
}
