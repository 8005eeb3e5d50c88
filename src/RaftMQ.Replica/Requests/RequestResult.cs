using RaftMQ.Consensus;
using RaftMQ.Queues;

namespace RaftMQ.Replica.Requests;

/// <summary>How a client's request ended. What it claims about the command is part of the name.</summary>
public enum RequestOutcome : byte
{
    /// <summary>The command was applied (or the read served); the reply says what it did.</summary>
    Replied,

    /// <summary>Not proposed: no leader was found in time. May be sent again.</summary>
    NoLeader,

    /// <summary>Not proposed: this node does not lead, and was told not to forward.</summary>
    NotLeader,

    /// <summary>Not proposed: this node is being brought up by a snapshot, and could not answer before it has come. May be sent to another node.</summary>
    NotReady,

    /// <summary>Not proposed: too much is under way. May be sent again after a moment.</summary>
    Overloaded,

    /// <summary>Not proposed: the disks or budgets of a majority, or this leader's disk, have only their reserve left.</summary>
    DiskFull,

    /// <summary>Not proposed: the node is stopping. May be sent to another node.</summary>
    Stopping,

    /// <summary>Proposed, and overwritten by another leader's entry: definitely not done. May be sent again.</summary>
    Overwritten,

    /// <summary>Proposed or passed on, and undecided at the deadline: it may still happen.</summary>
    OutcomeUnknown,

    /// <summary>The client went away before it was proposed; nothing was done.</summary>
    Cancelled,

    /// <summary>Not proposed: the leader holds as much in memory as it may.</summary>
    MemoryFull,
}

/// <summary>The end of a request.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reply">The machine's reply, if it was applied.</param>
/// <param name="Body">The message that a pop took; otherwise empty.</param>
/// <param name="Leader">The leader that this node knew at the end, if any.</param>
/// <param name="Limit">The limit that it ran into, if it was refused for one.</param>
public readonly record struct RequestResult(RequestOutcome Outcome, QueueReply Reply, NodeId? Leader, ReadOnlyMemory<byte> Body = default, LimitReached Limit = default);

/// <summary>The topics, or one of them, as of an index.</summary>
/// <param name="Outcome">How the read ended: Replied, NoLeader, NotLeader, NotReady, Overloaded, Stopping or Cancelled.</param>
/// <param name="Index">The index it was served at.</param>
/// <param name="Leader">The leader that this node knew at the end, if any.</param>
public sealed record TopicReadResult(RequestOutcome Outcome, ulong Index, NodeId? Leader)
{
    /// <summary>The limit that it ran into, if it was refused for one.</summary>
    public LimitReached Limit { get; init; }

    /// <summary>All topics in order of creation, if all were asked for and the read was served.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary>The topic that was asked for; null if there is none of that name, or the read was not served.</summary>
    public TopicGauges? Topic { get; init; }
}
