using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica.Peers;

/// <summary>What one node says to another over a peer link: a closed set. Sender and receiver name incarnations; the transport adds the sender's cluster.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
public abstract record PeerMessage(ServerId From, ServerId To);

/// <summary>A message between the cores.</summary>
/// <param name="Message">The message.</param>
public sealed record RaftPeerMessage(Message Message) : PeerMessage(Message.From, Message.To);

/// <summary>A born node hands the birth of its cluster to a member that may be unborn (design, storage rule 8).</summary>
/// <param name="From">Any born member.</param>
/// <param name="To">The receiver.</param>
/// <param name="Entry">Entry 1 of term 1.</param>
public sealed record BirthCertificate(ServerId From, ServerId To, LogEntry Entry) : PeerMessage(From, To);

/// <summary>A node passes a client's command to the leader: one hop, never further.</summary>
/// <param name="From">The node that the client asked.</param>
/// <param name="To">The leader it knows.</param>
/// <param name="Request">The sender's number for the request.</param>
/// <param name="DeadlineMs">How long the client will still wait, in milliseconds.</param>
/// <param name="Command">The command's bytes.</param>
public sealed record ForwardRequest(ServerId From, ServerId To, ulong Request, uint DeadlineMs, ReadOnlyMemory<byte> Command) : PeerMessage(From, To);

/// <summary>The client of a forwarded request has gone: drop it if it was not proposed yet.</summary>
/// <param name="From">The node that forwarded it.</param>
/// <param name="To">The leader.</param>
/// <param name="Request">The number of the request.</param>
public sealed record ForwardCancel(ServerId From, ServerId To, ulong Request) : PeerMessage(From, To);

/// <summary>What the leader says of a forwarded request.</summary>
public enum ForwardVerdict : byte
{
    /// <summary>It stands in the log at the given position; the forwarder's own log will tell how it ends.</summary>
    Proposed = 1,

    /// <summary>Definitely not proposed: the receiver does not lead.</summary>
    NotLeader = 2,

    /// <summary>Definitely not proposed: too much is under way.</summary>
    Overloaded = 3,

    /// <summary>Definitely not proposed: the disks of a majority have only their reserve left.</summary>
    DiskFull = 4,

    /// <summary>A pop without a request key met an empty topic: nothing was proposed, and the position's index is what the answer was read at.</summary>
    Empty = 5,

    /// <summary>A pop without a request key named no topic: as <see cref="Empty"/>.</summary>
    NoSuchTopic = 6,

    /// <summary>Definitely not proposed: the leader holds as much in memory as it may.</summary>
    MemoryFull = 7,
}

/// <summary>The answer to <see cref="ForwardRequest"/>.</summary>
/// <param name="From">The leader, or who was taken for it.</param>
/// <param name="To">The forwarder.</param>
/// <param name="Request">The number of the request.</param>
/// <param name="Verdict">What became of it.</param>
/// <param name="Position">Where it was proposed, or the index of the read; otherwise zero.</param>
/// <param name="Limit">The limit that it ran into, if it was refused for one.</param>
public sealed record ForwardResponse(
    ServerId From, ServerId To, ulong Request, ForwardVerdict Verdict, LogPosition Position, LimitReached Limit = default) : PeerMessage(From, To);
