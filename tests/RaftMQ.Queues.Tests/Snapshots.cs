using RaftMQ.Queues.Snapshots;
using RaftMQ.Queues.State;

namespace RaftMQ.Queues.Tests;

/// <summary>A snapshot is the state at one moment, whatever happens later, and nothing else is taken for it. (That a machine goes on from one as if nothing had been: the model.)</summary>
public sealed class Snapshots
{
    [Fact]
    public void A_snapshot_is_not_changed_by_what_happens_after_it_was_taken()
    {
        Machine machine = WithState(messages: 500);
        QueueSnapshot snapshot = machine.Queue.Capture();
        byte[] before = BytesOf(snapshot, 1_000);

        for (int i = 0; i < 600; i++)
        {
            machine.Pop("topic 1");
            machine.Publish("topic 2", "later " + i, "later " + i);
        }

        machine.Create("another");
        machine.Do(QueueCommandCodec.Configure(new QueueLimits { MaxTopics = 3 }));
        BytesOf(snapshot, 1_000).ShouldBe(before);
        QueueSnapshot.Decode(snapshot.Encode(77), snapshot.StateHash).MessageCount.ShouldBe(500);
        machine.Queue.StateHash.ShouldNotBe(snapshot.StateHash);
    }

    [Fact]
    public void A_state_has_the_same_bytes_however_it_came_about()
    {
        Machine straight = WithState(messages: 300);
        Machine restored = WithState(messages: 300);
        restored.Restore(chunkBytes: 64);

        foreach (Machine machine in new[] { straight, restored })
        {
            machine.Pop("topic 2", "key");
            machine.Publish("topic 1", "one more");
        }

        BytesOf(restored.Queue.Capture(), 500).ShouldBe(BytesOf(straight.Queue.Capture(), 500));
    }

    [Fact]
    public void Whatever_bit_is_flipped_the_snapshot_is_refused()
    {
        const int HeadBytes = 1 + 8 + 8;
        QueueSnapshot snapshot = WithState(messages: 6).Queue.Capture();
        byte[] whole = BytesOf(snapshot, 1_000_000);
        for (int bit = HeadBytes * 8; bit < whole.Length * 8; bit++)
        {
            byte[] flipped = [.. whole];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<FormatException>(() => QueueSnapshot.Decode([flipped], snapshot.StateHash), $"bit {bit}").Message.ShouldContain("snapshot");
        }
    }

    [Fact]
    public void A_snapshot_that_ends_early_or_late_is_refused()
    {
        QueueSnapshot snapshot = WithState(messages: 6).Queue.Capture();
        byte[] whole = BytesOf(snapshot, 1_000_000);
        for (int length = 0; length < whole.Length; length++)
        {
            Should.Throw<FormatException>(() => QueueSnapshot.Decode([whole.AsMemory(0, length)], snapshot.StateHash));
        }

        Should.Throw<FormatException>(() => QueueSnapshot.Decode([whole, new byte[1]], snapshot.StateHash));
        Should.Throw<FormatException>(() => QueueSnapshot.Decode([whole], snapshot.StateHash + 1));
        QueueSnapshot.Decode([ReadOnlyMemory<byte>.Empty, whole, ReadOnlyMemory<byte>.Empty], snapshot.StateHash).MessageCount.ShouldBe(6);
    }

    [Fact]
    public void A_snapshot_of_another_version_is_refused_by_name()
    {
        QueueSnapshot snapshot = WithState(messages: 1).Queue.Capture();
        byte[] newer = BytesOf(snapshot, 1_000);
        newer[0] = 3;

        Should.Throw<FormatException>(() => QueueSnapshot.Decode([newer], snapshot.StateHash)).Message.ShouldContain("version 3");
    }

    [Fact]
    public void A_chunked_queue_is_a_queue_and_its_pictures_stand_still()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var queue = new ChunkedQueue<int>();
            var model = new Queue<int>();
            var pictures = new List<(IEnumerable<int> Seen, int[] Expected)>();
            int growth = random.Next(30, 70);
            for (int i = 0; i < 12_000; i++)
            {
                if (random.Next(100) < (i < 8_000 ? growth : 100 - growth))
                {
                    queue.Enqueue(i);
                    model.Enqueue(i);
                }
                else if (model.Count > 0)
                {
                    (int expected, int peeked, int taken) = (model.Dequeue(), queue.Peek(), queue.Dequeue());
                    if (peeked != expected || taken != expected)
                    {
                        throw new ShouldAssertException($"seed {seed}: item {expected} was due; seen {peeked}, taken {taken}");
                    }
                }

                if (random.Next(4_000) == 0)
                {
                    pictures.Add((queue.Capture(), [.. model]));
                }
            }

            queue.Count.ShouldBe(model.Count);
            queue.ShouldBe(model);
            pictures.ForEach(picture => picture.Seen.ShouldBe(picture.Expected));
        }
    }

    private static Machine WithState(int messages)
    {
        var machine = new Machine(new QueueLimits { MaxTopics = 7 });
        machine.Create("topic 1", "key of a topic");
        machine.Create("topic 2");
        machine.Create("empty ☃");
        machine.Do(QueueCommandCodec.CreateTopic("with a policy", null, new TopicPolicyChange(1, 10, Overflow.DropOldest)));
        machine.Publish("with a policy", "dropped");
        machine.Publish("with a policy", "kept");
        machine.Pop("with a policy");
        for (int i = 0; i < messages; i++)
        {
            machine.Publish("topic " + ((i % 2) + 1), "message " + i);
        }

        machine.Publish("topic 1", "popped with a key");
        machine.Pop("topic 1", "key of a pop");
        return machine;
    }

    private static byte[] BytesOf(QueueSnapshot snapshot, int chunkBytes) => [.. snapshot.Encode(chunkBytes).SelectMany(chunk => chunk.ToArray())];
}
