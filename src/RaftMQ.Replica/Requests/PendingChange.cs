using RaftMQ.Consensus;

namespace RaftMQ.Replica.Requests;

/// <summary>How a change of the members ended.</summary>
public enum ChangeOutcome
{
    /// <summary>Another leads, or the first step of the members' change is committed, or it was so already. Whoever leads goes on with the rest.</summary>
    Done,

    /// <summary>It may not be; the reason says why.</summary>
    Refused,

    /// <summary>Another change was under way for as long as this one waited, or too many wait. Nothing was done.</summary>
    Busy,

    /// <summary>For as long as this one waited, too few voters answered for what it leads to. Nothing was done; they may be back.</summary>
    TooFewVoters,

    /// <summary>This node does not lead; nothing was done.</summary>
    NotLeader,

    /// <summary>Leadership was lost with the step proposed, or the heir has not shown itself in time; asking again tells, and does no harm.</summary>
    OutcomeUnknown,
}

/// <summary>A change of the cluster on its way. It is asked of the leader.</summary>
/// <param name="change">What is wanted.</param>
public class PendingChange(ClusterChange change)
{
    /// <summary>What is wanted.</summary>
    public ClusterChange Change => change;

    /// <summary>How it ended, once the owner was told.</summary>
    public ChangeOutcome Outcome { get; internal set; }

    /// <summary>Why it was refused, or what it waited for in vain, as a sentence without its full stop; null otherwise.</summary>
    public string? Reason { get; internal set; }

    /// <summary>The leader that this node knew when it ended, if any.</summary>
    public NodeId? Leader { get; internal set; }

    /// <summary>Where the step stands in the log, once proposed.</summary>
    internal LogPosition? Position { get; set; }

    /// <summary>Whether leadership was being handed over for it.</summary>
    internal bool HasBegun { get; set; }

    internal long DeadlineMs { get; set; }
}
