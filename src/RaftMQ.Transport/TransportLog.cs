using Microsoft.Extensions.Logging;
using RaftMQ.Consensus;
using RaftMQ.Transport.Codec;

namespace RaftMQ.Transport;

/// <summary>What the links tell people, one line each: what happened, why, what to do.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(1, LogLevel.Information, "the link to {Server} is up")]
    public static partial void LinkUp(this ILogger logger, ServerId server);

    [LoggerMessage(2, LogLevel.Warning, "the link to {Server} is down, and dialling it again failed at once; it is dialled until it answers")]
    public static partial void LinkDown(this ILogger logger, ServerId server);

    [LoggerMessage(3, LogLevel.Warning, "{Server} dialled from {Remote} and was refused: {Advice}")]
    public static partial void HandshakeRefused(this ILogger logger, ServerId server, string remote, string advice);

    [LoggerMessage(4, LogLevel.Warning, "node {Node} at {Remote} refused this node: {Advice}")]
    public static partial void RefusedByPeer(this ILogger logger, NodeId node, string remote, string advice);

    [LoggerMessage(5, LogLevel.Warning, "node {Node} was dialled at {Remote} and what answered was refused: {Advice}")]
    public static partial void RefusedDialled(this ILogger logger, NodeId node, string remote, string advice);

    [LoggerMessage(6, LogLevel.Warning,
        "dropped the connection with {Server} at {Remote}, which sent {What}; if this repeats, compare the versions of both nodes")]
    public static partial void RubbishFromPeer(this ILogger logger, ServerId server, string remote, string what);

    [LoggerMessage(7, LogLevel.Warning,
        "node {Node} was dialled at {Remote}, and what listens there sent {What}; correct its peer address, or stop the other program")]
    public static partial void RubbishFromDialled(this ILogger logger, NodeId node, string remote, string what);

    [LoggerMessage(8, LogLevel.Warning,
        "dropped a connection from {Remote} that sent {What} ({Suppressed} more such lines were left out before this one)")]
    public static partial void RubbishFromStranger(this ILogger logger, string remote, string what, int suppressed);

    [LoggerMessage(9, LogLevel.Debug, "dropped a message on the link with {Server}: it is from {From} to {To}")]
    public static partial void MessageForAnother(this ILogger logger, ServerId server, ServerId from, ServerId to);

    [LoggerMessage(10, LogLevel.Warning, "a peer connection could not be accepted: {Reason}; accepting goes on")]
    public static partial void AcceptFailed(this ILogger logger, string reason);

    [LoggerMessage(12, LogLevel.Error,
        "dropped a message ({Type}) to {Server} that is larger than a frame may be, {Limit} bytes; raise MaxFrameBytes on all nodes")]
    public static partial void MessageTooLarge(this ILogger logger, FrameType type, ServerId server, int limit);

    [LoggerMessage(13, LogLevel.Information, "the connection {Direction} {Server} ended: {Reason}")]
    public static partial void ConnectionEnded(this ILogger logger, string direction, ServerId server, string reason);

    [LoggerMessage(14, LogLevel.Information, "the link to {Server} is closed: it is no member any more")]
    public static partial void LinkRetired(this ILogger logger, ServerId server);

    [LoggerMessage(15, LogLevel.Information,
        "node {Node} of this cluster, from {Remote}, is no member known here: it is refused once, and let in when it dials again, since either of both may be behind")]
    public static partial void NotKnownHere(this ILogger logger, NodeId node, string remote);

    [LoggerMessage(16, LogLevel.Information, "node {Node} at {Remote} knows this node for no member: it lets it in when it dials again, since either of both may be behind")]
    public static partial void NotKnownThere(this ILogger logger, NodeId node, string remote);

    [LoggerMessage(11, LogLevel.Critical, "a defect ended the peer connection or listener")]
    public static partial void Defect(this ILogger logger, Exception defect);
}
