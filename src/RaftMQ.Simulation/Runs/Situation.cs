namespace RaftMQ.Simulation.Runs;

/// <summary>A rare situation that runs must reach: one that none reaches is a hole in the generator.</summary>
public enum Situation
{
    /// <summary>A follower truncated entries that conflict with the leader's.</summary>
    ConflictTruncation,

    /// <summary>A leader's own no-op committed entries of earlier terms.</summary>
    CommitByNoOpOverOlder,

    /// <summary>Two servers led at the same time, in different terms.</summary>
    TwoLiveLeaders,

    /// <summary>A vote was refused because the candidate's log was not up to date.</summary>
    VoteRefusedStaleLog,

    /// <summary>A pre-vote was refused.</summary>
    PreVoteRefused,

    /// <summary>A node stopped after a batch with a new term or vote was given to the disk and before it was durable.</summary>
    CrashBetweenTermAndLog,

    /// <summary>A torn tail was cut at recovery.</summary>
    TornTailCut,

    /// <summary>Damage that is no tail was found, and the node refused to start.</summary>
    MiddleDamageDetected,

    /// <summary>A configuration was in force, and was truncated.</summary>
    ConfigurationReverted,

    /// <summary>A configuration was uncommitted when leadership changed.</summary>
    PendingChangeAtFailover,

    /// <summary>A read was asked of one leader and confirmed by another.</summary>
    ReadOutlivedLeader,

    /// <summary>A repeated key returned the first result under another leader.</summary>
    DedupHitAfterFailover,

    /// <summary>A repeated key returned the first result after the node that serves it had started again.</summary>
    DedupHitAfterRestart,

    /// <summary>A key was used again after its window, and was new.</summary>
    KeyExpiredThenUsed,

    /// <summary>A publish was refused for want of disk, and later ones were taken.</summary>
    DiskFullRefusedAndRecovered,

    /// <summary>A node that lost its disk was asked for a vote before it was admitted, and gave none.</summary>
    WipedNodeRefusedVote,

    /// <summary>A node that lost its disk was admitted again.</summary>
    WipedNodeAdmitted,

    /// <summary>A request was overwritten by another leader's entry, and said so.</summary>
    Overwritten,

    /// <summary>A forwarded request with a key was sent again and done once.</summary>
    ForwardedAgain,
}
