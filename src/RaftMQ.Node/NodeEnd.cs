namespace RaftMQ.Node;

/// <summary>Why a node ended.</summary>
public enum NodeEndReason
{
    /// <summary>It was asked to.</summary>
    Stopped,

    /// <summary>The data folder cannot be used: locked, damaged, foreign. A person has to look; starting again does not help.</summary>
    DataRefused,

    /// <summary>The disk failed; what it holds is safe to recover from by starting again.</summary>
    DiskFailed,

    /// <summary>A defect: an invariant did not hold.</summary>
    Defect,
}

/// <summary>The end of a node.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Message">One line for a person: what happened, why, what to do.</param>
public sealed record NodeEnd(NodeEndReason Reason, string Message);
