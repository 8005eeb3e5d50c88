using RaftMQ.Consensus;
using RaftMQ.Queues;

namespace RaftMQ.Replica;

/// <summary>What an entry of the log is to the machine.</summary>
internal static class AppliedEntry
{
    /// <summary>Applies an entry; what carries no command, as far as the queue is concerned, changes nothing.</summary>
    public static QueueReply To(QueueMachine machine, in LogEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Birth:
                return machine.Apply(new CommittedCommand(entry.Index.Value, entry.Time.Milliseconds, Birth.Decode(entry.Payload).Settings));
            case EntryKind.Command:
                return machine.Apply(new CommittedCommand(entry.Index.Value, entry.Time.Milliseconds, entry.Payload));
            case EntryKind.NoOp:
            case EntryKind.Membership:
                return default;
            default:
                Invariant.Require(false, "every kind of entry is applied");
                return default;
        }
    }
}
