using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Queues;

namespace RaftMQ.Replica.Requests;

/// <summary>How far a request has come. Only before <see cref="Forwarded"/> is it definite that nothing was proposed.</summary>
public enum RequestStage : byte
{
    /// <summary>Waits for a leader.</summary>
    Waiting,

    /// <summary>On the leader: a pop without a key that found its topic empty waits for a confirmed read before it says so.</summary>
    Reading,

    /// <summary>Passed to a leader that has not said yet whether it proposed it.</summary>
    Forwarded,

    /// <summary>Stands in the log at <see cref="PendingCommand.Position"/>, there to be committed or overwritten.</summary>
    Proposed,

    /// <summary>Applied; the body that it took is being read from the disk.</summary>
    Loading,

    /// <summary>Ended.</summary>
    Done,
}

/// <summary>One command on its way: a client's of this node, or one that another node has passed on.</summary>
public class PendingCommand
{
    /// <summary>A command of a client of this node.</summary>
    /// <param name="command">Its bytes.</param>
    /// <param name="header">Its first words.</param>
    public PendingCommand(ReadOnlyMemory<byte> command, QueueCommandHeader header)
    {
        Command = command;
        Header = header;
    }

    /// <summary>The command's bytes; released once it has ended.</summary>
    public ReadOnlyMemory<byte> Command { get; private set; }

    /// <summary>The command's first words.</summary>
    public QueueCommandHeader Header { get; }

    /// <summary>How it ended; meaningful once the owner was told that it has.</summary>
    public RequestResult Result { get; private set; }

    /// <summary>How far it has come.</summary>
    public RequestStage Stage { get; internal set; }

    /// <summary>
    /// An earlier attempt was passed on and never answered: it may still happen, so that of later attempts only success is a definite answer.
    /// </summary>
    internal bool MayHaveHappened { get; set; }

    /// <summary>Its number on this node, by which a leader answers.</summary>
    internal ulong Number { get; set; }

    /// <summary>The server it was passed to, while forwarded.</summary>
    internal ServerId ForwardedTo { get; set; }

    /// <summary>Where it stands in the log, once proposed.</summary>
    internal LogPosition Position { get; set; }

    /// <summary>What the machine replied, while the body is being read.</summary>
    internal QueueReply Reply { get; set; }

    /// <summary>Whether it may be carried out, or has been, although its client has no answer.</summary>
    internal bool MayHappen => Stage is RequestStage.Forwarded or RequestStage.Proposed or RequestStage.Loading;

    /// <summary>Another request that waits for the same index under another term.</summary>
    internal PendingCommand? NextAtIndex { get; set; }

    /// <summary>When waiting for a leader ends, in monotonic milliseconds.</summary>
    internal long LeaderDeadlineMs { get; set; }

    /// <summary>When waiting for the outcome ends.</summary>
    internal long DeadlineMs { get; set; }

    /// <summary>The node that passed it on, and its number there; null for a client of this node.</summary>
    internal (ServerId Server, ulong Request)? Origin { get; init; }

    internal void End(RequestResult result)
    {
        Invariant.Require(Stage != RequestStage.Done, "a request ends once");
        Stage = RequestStage.Done;
        Result = result;
        Command = default;
    }
}

/// <summary>A client of this node that wants to know the topics, or one of them.</summary>
/// <param name="topic">The topic it asks for; null for the names of all.</param>
public class PendingTopicRead(string? topic = null)
{
    /// <summary>The topic it asks for; null for the names of all.</summary>
    public string? Topic => topic;

    /// <summary>How it ended; set before the owner is told.</summary>
    public TopicReadResult? Result { get; internal set; }

    /// <summary>The number of the read it waits for, if one is asked.</summary>
    internal ReadId? Read { get; set; }

    /// <summary>When waiting ends, in monotonic milliseconds.</summary>
    internal long DeadlineMs { get; set; }
}
