using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Reach;

/// <summary>
/// In what share of its seeds a tier must reach each situation, by the specification's list. A situation that is missed is a hole in the generator, and is mended
/// there.
/// </summary>
internal static class Floors
{
    /// <summary>Client operations per 1,000 events: below it a run is mostly the cluster talking to itself.</summary>
    public const double OperationsPerThousandEvents = 20;

    private const double Usual = 0.01;

    /// <summary>What can be reached today, in the order of the specification, and behind it what we added.</summary>
    public static readonly IReadOnlyList<Floor> All =
    [
        new(Situation.ConflictTruncation, "conflict truncation", Usual),
        new(Situation.CommitByNoOpOverOlder, "commit by own-term no-op over older entries", Usual),
        new(Situation.TwoLiveLeaders, "two live leaders of different terms", Usual),
        new(Situation.VoteRefusedStaleLog, "vote refused for stale log", Usual),
        new(Situation.PreVoteRefused, "pre-vote refused", Usual),
        new(Situation.CrashBetweenTermAndLog, "crash between term and log write", Usual),
        new(Situation.TornTailCut, "torn tail cut", Usual),
        new(Situation.MiddleDamageDetected, "middle damage detected", Usual),
        new(Situation.ConfigurationReverted, "configuration reverted", Usual),
        new(Situation.PendingChangeAtFailover, "pending change at fail-over", Usual),
        new(Situation.ReadOutlivedLeader, "read confirmation outlived a leader change", Usual),
        new(Situation.DedupHitAfterFailover, "dedup hit after fail-over", Usual),
        new(Situation.DedupHitAfterRestart, "dedup hit after restart", Usual),
        new(Situation.KeyExpiredThenUsed, "request key expired then used", Usual),
        new(Situation.DiskFullRefusedAndRecovered, "full disk refused and recovered", Usual),
        new(Situation.WipedNodeRefusedVote, "wiped node refused a vote", Usual),
        new(Situation.WipedNodeAdmitted, "wiped node admitted", Usual),
        new(Situation.LateMemberLostItsDisk, "voter that was no founder lost its disk", Usual),
        new(Situation.Overwritten, "request overwritten, and said so", Usual),
        new(Situation.ForwardedAgain, "forwarded request sent again, done once", Usual),
        new(Situation.BodyReadBack, "body read back from disk", Usual),
        new(Situation.RestoredFromSnapshot, "node started from a snapshot", Usual),
        new(Situation.DamagedSnapshotPassedOver, "damaged snapshot passed over", Usual),
        new(Situation.SnapshotInstalled, "snapshot installed from a leader", Usual),
        new(Situation.InstallDuringElection, "snapshot install during election", Usual),
        new(Situation.InstallOverConflictingLog, "install over conflicting log", Usual),
        new(Situation.DroppedByOverflow, "dropped by overflow", Usual),
        new(Situation.TopicFull, "topic full", Usual),
        new(Situation.DamagedNodeHealed, "damaged node healed", Usual),
        new(Situation.LeaderRemoved, "leader removed", Usual),
        new(Situation.ChangeFinishedByAnother, "joint change finished by a later leader", Usual),
        new(Situation.LearnerPromoted, "learner promoted", Usual),
        new(Situation.LearnersPromotedTogether, "several learners promoted in one change", Usual),
        new(Situation.DisjointMajorities, "joint whose two sets have disjoint majorities", Usual),
        new(Situation.MemoryFullRefusedAndRecovered, "full memory refused and recovered", Usual),
        new(Situation.VersionRaised, "cluster version raised", Usual),
        new(Situation.VersionRefused, "cluster version refused by an older program", Usual),
    ];

    /// <summary>What the specification lists and no run can reach before a feature is there.</summary>
    public static readonly IReadOnlyList<(string Name, string Feature)> Waiting =
    [
        ("lease expired while ack in flight", "leases"),
        ("stale receipt refused", "leases"),
        ("redelivery after leader change", "leases"),
        ("dead-letter during fail-over", "dead letters"),
    ];
}

/// <summary>A situation and how often it must be reached.</summary>
/// <param name="Situation">Which.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Share">In what share of the seeds, from 0 to 1.</param>
internal sealed record Floor(Situation Situation, string Name, double Share);
