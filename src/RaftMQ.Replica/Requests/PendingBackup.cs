using RaftMQ.Consensus;

namespace RaftMQ.Replica.Requests;

/// <summary>A client of this node that wants all of it: a snapshot with its bodies, piece by piece, each when it is asked for.</summary>
public class PendingBackup
{
    /// <summary>Why there is no next piece: Replied while there is one; Overloaded if another backup is under way; NoLeader before the birth; Stopping; OutcomeUnknown if it was given up.</summary>
    public RequestOutcome Outcome { get; internal set; }

    /// <summary>The next piece, once the owner was told.</summary>
    public ReadOnlyMemory<byte> Data { get; internal set; }

    /// <summary>Whether it is the last.</summary>
    public bool IsLast { get; internal set; }

    /// <summary>The end of the snapshot that it reads, once that is there.</summary>
    public LogPosition? Snapshot { get; internal set; }

    /// <summary>What stands for a follower's name where snapshots are read for followers.</summary>
    internal ServerId Reader { get; set; }

    /// <summary>It has to hold all that was applied up to here.</summary>
    internal LogIndex From { get; set; }

    internal long Offset { get; set; }

    /// <summary>Whether a piece is wanted and not delivered.</summary>
    internal bool IsWaiting { get; set; }

    internal long AskedAtMs { get; set; }
}
