using System.Text;
using RaftMQ.Queues.Snapshots;

namespace RaftMQ.Queues.Tests;

/// <summary>A machine with a log of its own: every command gets the next index.</summary>
internal sealed class Machine
{
    private readonly Dictionary<ulong, byte[]> _log = [];
    private ulong _index;

    public Machine(QueueLimits? limits = null)
    {
        if (limits is not null)
        {
            Do(QueueCommandCodec.Configure(limits)).Outcome.ShouldBe(QueueOutcome.Done);
        }
    }

    public QueueMachine Queue { get; private set; } = new();

    /// <summary>The log time of the next command, in milliseconds.</summary>
    public long Now { get; set; } = 1_000;

    public QueueReply Do(byte[] command)
    {
        _log.Add(++_index, command);
        QueueReply reply = Queue.Apply(new CommittedCommand(_index, Now, command));
        Queue.StateHash.ShouldBe(Queue.ComputeStateHash(), "the hash kept as the state changes is the hash of the state");
        return reply;
    }

    /// <summary>The machine goes on from what a snapshot of it brings back.</summary>
    public void Restore(int chunkBytes)
    {
        byte[][] chunks = [.. Queue.Capture().Encode(chunkBytes).Select(chunk => chunk.ToArray())];
        Queue = QueueSnapshot.Decode(chunks.Select(chunk => new ReadOnlyMemory<byte>(chunk)), Queue.StateHash);
        Queue.StateHash.ShouldBe(Queue.ComputeStateHash());
        Queue.Capture().Encode(chunkBytes).Select(chunk => chunk.ToArray()).ShouldBe(chunks, "the same state has the same bytes");
    }

    public QueueOutcome Create(string topic, string? key = null) => Do(QueueCommandCodec.CreateTopic(topic, key)).Outcome;

    public QueueOutcome Publish(string topic, string body, string? key = null) => Do(QueueCommandCodec.Publish(topic, Encoding.UTF8.GetBytes(body), key)).Outcome;

    /// <summary>The message, or the reason why there is none.</summary>
    public string Pop(string topic, string? key = null)
    {
        QueueReply reply = Do(QueueCommandCodec.Pop(topic, key));
        return reply.Outcome == QueueOutcome.Done ? Encoding.UTF8.GetString(BodyOf(reply)) : reply.Outcome.ToString();
    }

    /// <summary>The body that a pop took, from the log; empty for any other reply.</summary>
    public byte[] BodyOf(in QueueReply reply) => reply.Body.IsNone ? [] : reply.Body.In(_log[reply.Body.Index]).ToArray();
}
