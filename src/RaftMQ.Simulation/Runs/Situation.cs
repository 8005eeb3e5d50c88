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

    /// <summary>A vote was refused for no other reason than that the candidate's log was not up to date.</summary>
    VoteRefusedStaleLog,

    /// <summary>A pre-vote was refused.</summary>
    PreVoteRefused,

    /// <summary>A node stopped in the middle of writing: its next life found the new term or vote of a batch, and not all of the log that was written behind it.</summary>
    CrashBetweenTermAndLog,

    /// <summary>Recovery cut off what a torn write had left behind the last whole record of the log.</summary>
    TornTailCut,

    /// <summary>Damage of the log that is no torn tail was found.</summary>
    MiddleDamageDetected,

    /// <summary>A configuration was in force, and was truncated.</summary>
    ConfigurationReverted,

    /// <summary>A change of the configuration was uncommitted when leadership changed; the first configuration, of the birth, is no change.</summary>
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

    /// <summary>A new incarnation of a node whose former one had a vote was asked for its own, and did not give it.</summary>
    WipedNodeRefusedVote,

    /// <summary>A node that lost its disk was admitted again.</summary>
    WipedNodeAdmitted,

    /// <summary>A voter that was no founder lost its disk.</summary>
    LateMemberLostItsDisk,

    /// <summary>A request was overwritten by another leader's entry, and said so.</summary>
    Overwritten,

    /// <summary>A request with a key that a leader had put into its log was forwarded again, as its forwarder could not know, and done once.</summary>
    ForwardedAgain,

    /// <summary>A message whose entry was no longer in memory was read back from the disk for its client.</summary>
    BodyReadBack,

    /// <summary>A node started from a snapshot.</summary>
    RestoredFromSnapshot,

    /// <summary>A snapshot was damaged, and the one before or the log was gone by.</summary>
    DamagedSnapshotPassedOver,

    /// <summary>Leadership changed while a snapshot was on its way to a node.</summary>
    InstallDuringElection,

    /// <summary>A snapshot took the place of a log with entries that conflict with it.</summary>
    InstallOverConflictingLog,

    /// <summary>A node that was behind the log was brought up by a snapshot.</summary>
    SnapshotInstalled,

    /// <summary>A topic was full, and dropped its oldest message for another.</summary>
    DroppedByOverflow,

    /// <summary>A publish was refused because its topic was full.</summary>
    TopicFull,

    /// <summary>A node whose damaged folder was set aside has its seat again and what the others have.</summary>
    DamagedNodeHealed,

    /// <summary>A leader made the configuration that has no seat for it.</summary>
    LeaderRemoved,

    /// <summary>A joint configuration was ended by a later leader than the one that began it.</summary>
    ChangeFinishedByAnother,

    /// <summary>A learner became a voter.</summary>
    LearnerPromoted,

    /// <summary>Several learners became voters in one change.</summary>
    LearnersPromotedTogether,

    /// <summary>A leader made a joint configuration in which a majority of the old voters and one of the new need not meet: only asking both is safe.</summary>
    DisjointMajorities,

    /// <summary>A publish was refused for want of memory, and later ones were taken.</summary>
    MemoryFullRefusedAndRecovered,

    /// <summary>A leader raised the version of the cluster.</summary>
    VersionRaised,

    /// <summary>A node met a version of the cluster that its program does not understand, and ended.</summary>
    VersionRefused,
}
