using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Simulation.Faults;

/// <summary>
/// Sizes, windows and time-outs, shrunk or stretched at random in the manner of FoundationDB's BUGGIFY, so that what happens once in a million requests of production
/// happens in every run here. Each place is on in a quarter of the seeds that have knobs at all.
/// </summary>
internal sealed class Knobs
{
    private const int ShortWindowMs = 15_000;
    private const int LongestWaitInTimeouts = 100;
    private const int LongestTimeoutInShortest = 25;
    private const int TickMs = 10;

    private readonly Chance _chance;
    private readonly bool _isOn;

    public Knobs(Chance chance, IReadOnlyList<Member> members, bool isOn)
    {
        _chance = chance;
        _isOn = isOn;
        Wal = DrawWal();
        ForgetsKeysSoon = Turned(0, 1) == 1;
        RaftOptions raft = DrawRaft();
        QueueLimits limits = DrawLimits();
        int heartbeat = Turned(5, 2, 10);
        int election = Math.Max(Turned(20, heartbeat * 4, heartbeat * 8), 4 * heartbeat);
        int leaderWait = Turned(5_000, 200, 1_000, 8_000);
        leaderWait = ForgetsKeysSoon ? 1_000 : leaderWait;
        Replica = new ReplicaOptions
        {
            Members = members,
            Seed = 0,
            FreshCluster = ClusterId.None,
            Limits = limits,
            Raft = raft,
            MemoryBudgetBytes = FullMemory.BudgetBytes,
            TickMilliseconds = TickMs,
            HeartbeatTicks = heartbeat,
            ElectionTimeoutTicks = election,
            MaxElectionTimeoutTicks = LongestTimeoutInShortest * election,
            FoundingGraceMilliseconds = Turned(1_000, 0, 50, 3_000),
            LeaderWaitMilliseconds = leaderWait,
            RequestTimeoutMilliseconds = DrawRequestTimeout(leaderWait, LongestWaitInTimeouts * election * TickMs),
            MaxApplyPerTurn = Turned(4_096, 1, 2, 7),
            ApplyLoadBytes = Turned(1024 * 1024, 1, 300),
            MaxForwardedReads = Turned(16_384, 1, 4),
            Forward = Turned(1, 0) == 1 || _chance.Fork(1).Percent(50),
        };
        MaxInputsPerTurn = Turned(1_024, 1, 3);
        DiskTakesOne = Turned(0, 1) == 1;
        MaxRequests = Turned(16_384, 2, 6);
        (ShortensTurns, ShortensDiskRuns, DelaysTurns, DelaysTicks, HastensIdleWork) = (DrawFiring(), DrawFiring(), DrawFiring(), DrawFiring(), DrawFiring());
        MaxBodyBytes = Math.Min(Wal.MaxPayloadBytes / 2, Turned(200, 1, 3_000));
        // A run writes less log than production between two snapshots: half of all runs take them, with or without knobs.
        (bool takesSnapshots, int snapshotLogBytes) = (_chance.Percent(50), _chance.OneOf<int>([1, 1_000, 10_000, 50_000]));
        Replica = Replica with
        {
            BodyLoadBytes = Turned(Replica.BodyLoadBytes, 1, 300),
            SnapshotLogBytes = takesSnapshots ? snapshotLogBytes : Replica.SnapshotLogBytes,
        };
        (SnapshotChunkBytes, SnapshotStepBytes) = (Turned(64 * 1024, 1, 100), Turned(256 * 1024, 1, 300));
        (ScrubStepBytes, ScrubRestMoments) = (Turned(192 * 1024, 300, 2_000), Turned(500, 0, 20));
        RepairsItself = _chance.Fork(2).Percent(80);
    }

    public WalOptions Wal { get; }

    public ReplicaOptions Replica { get; }

    /// <summary>The most inputs handled in one turn.</summary>
    public int MaxInputsPerTurn { get; }

    /// <summary>Whether the disk's thread takes one piece of work at a time: no group commit.</summary>
    public bool DiskTakesOne { get; }

    /// <summary>Whether a quarter of the turns take one input only.</summary>
    public bool ShortensTurns { get; }

    /// <summary>Whether the disk's thread takes one piece of work only, a quarter of the times.</summary>
    public bool ShortensDiskRuns { get; }

    /// <summary>Whether a quarter of the turns begin late.</summary>
    public bool DelaysTurns { get; }

    /// <summary>Whether a quarter of the ticks come late.</summary>
    public bool DelaysTicks { get; }

    /// <summary>Whether a disk takes itself for idle too early, a quarter of the times.</summary>
    public bool HastensIdleWork { get; }

    /// <summary>The most requests under way on one node.</summary>
    public int MaxRequests { get; }

    /// <summary>The largest message that clients publish, as a rule.</summary>
    public int MaxBodyBytes { get; }

    /// <summary>How much of a snapshot one checksum checks.</summary>
    public int SnapshotChunkBytes { get; }

    /// <summary>How much of a snapshot is written between two batches.</summary>
    public int SnapshotStepBytes { get; }

    /// <summary>How much is read again in an idle moment of a disk.</summary>
    public int ScrubStepBytes { get; }

    /// <summary>For how many idle moments nothing is, when everything was.</summary>
    public int ScrubRestMoments { get; }

    /// <summary>Whether a damaged folder is set aside, as production does unless it is told not to; if not, the node waits for an empty disk.</summary>
    public bool RepairsItself { get; }

    /// <summary>Whether request keys are remembered for so short a time that a run outlives it.</summary>
    public bool ForgetsKeysSoon { get; }

    /// <summary>Whether a place that may fire at every use does so here at all.</summary>
    private bool DrawFiring() => Turned(0, 1) == 1;

    private WalOptions DrawWal()
    {
        int segment = 1024 * Turned(64, 4, 8, 16, 32);
        return new WalOptions
        {
            SegmentBytes = segment,
            SpareSegments = Turned(2, 3, 4),
            MaxPayloadBytes = Math.Min(16 * 1024, segment - 1_536),
            TailBytes = Turned(8 * 1024 * 1024, 0, 200, 5_000),
            WriteAheadBytes = Turned(1024 * 1024, 1, 512, 1_000),
            ReadWindowBytes = Turned(256 * 1024, 512, 1_000, 4_096),
            CopyBytes = Turned(256 * 1024, 512, 1_000, 4_096),
            SpareStepBytes = Turned(256 * 1024, 512, 1_000, 4_096),
            IndexIntervalBytes = Turned(64 * 1024, 1, 1_000),
        };
    }

    private RaftOptions DrawRaft() => new()
    {
        Self = default,
        Seed = 0,
        MaxAppendBytes = Turned(256 * 1024, 1, 400),
        MaxAppendEntries = Turned(1_024, 1, 3),
        MaxInFlightAppends = Turned(16, 1, 2),
        MaxInFlightBytes = Turned(4 * 1024 * 1024, 1, 500),
        MaxUncommittedBytes = Turned(64 * 1024 * 1024, 1, 500),
        MaxUncommittedEntries = Turned(65_536, 1, 2, 8),
        TailBytes = Turned(8 * 1024 * 1024, 0, 100, 2_000),
        MaxPendingReads = Turned(65_536, 1, 3),
        MaxSnapshotPieceBytes = Turned(1024 * 1024, 20, 300, 5_000),
        SnapshotPatienceTicks = Turned(0, 40, 200),
    };

    /// <summary>Whoever waits for an answer that was lost gives up within the liveness phase.</summary>
    private int DrawRequestTimeout(int leaderWait, int longest)
    {
        int timeout = Math.Min(leaderWait * Turned(2, 1, 3), longest);
        return ForgetsKeysSoon ? 1_500 : timeout;
    }

    private QueueLimits DrawLimits()
    {
        var standard = new QueueLimits();
        return new QueueLimits
        {
            MaxTopics = Turned(standard.MaxTopics, 1, 2),
            MaxTopicNameBytes = Turned(standard.MaxTopicNameBytes, 2, 8),
            MaxMessageBytes = Turned(standard.MaxMessageBytes, 10, 60),
            MaxMessagesPerTopic = Turned((int)standard.MaxMessagesPerTopic, 1, 5, 20),
            MaxBytesPerTopic = Turned((int)standard.MaxBytesPerTopic, 100, 2_000),
            MaxMessages = Turned((int)standard.MaxMessages, 2, 10, 40),
            MaxBytes = Turned((int)standard.MaxBytes, 200, 4_000),
            MaxRequestKeys = Turned(standard.MaxRequestKeys, 2, 10, 50),
            MaxRequestKeyBytes = Turned((int)standard.MaxRequestKeyBytes, 10, 500),
            RequestKeyWindowMilliseconds = ForgetsKeysSoon ? ShortWindowMs : standard.RequestKeyWindowMilliseconds,
        };
    }

    /// <summary>The standard value, or with one place in four one of the others. What is drawn does not depend on whether knobs are on.</summary>
    private int Turned(int standard, params ReadOnlySpan<int> others)
    {
        bool turns = _chance.Percent(25);
        int other = _chance.OneOf(others);
        return _isOn && turns ? other : standard;
    }
}
