using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Simulation.Faults;
using RaftMQ.Simulation.World;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Simulation.Runs;

/// <summary>What a seed decides before the run begins: the cluster's shape, which kinds of faults there are and how bad, and every knob.</summary>
internal sealed class Plan
{
    /// <summary>How long a healthy disk takes for a sync, in microseconds.</summary>
    public const long HealthySyncUs = 300;

    private readonly HashSet<FaultKind> _on = [];

    public Plan(RunOptions options)
    {
        Chance = new Chance(options.Seed);
        Chance shape = Chance.Fork(Purpose.Shape);
        Founders = DrawNodes(shape);
        Clients = (int)shape.Between(4, 32);
        Topics = (int)shape.Between(2, 4);
        HasPolicies = Chance.Fork(Purpose.Policies).Percent(35);
        ThinkUs = shape.OneOf<long>([1_000, 5_000, 20_000]);
        RestartUs = shape.OneOf<long>([50_000, 300_000, 1_500_000]);
        MaxTurnDelayUs = shape.OneOf<int>([20, 60, 400]);
        DrawKinds(options);
        Nodes = Founders + (IsOn(FaultKind.Membership) ? (int)FaultChance(FaultKind.Membership).Fork(1).Between(1, 3) : 0);
        StormsAtBirth = options.Profile == Profile.Births || (options.Profile != Profile.Calm && shape.Percent(50));
        IsUncapped = shape.Percent(10) && IsOn(FaultKind.Rot);
        Breakable = DrawBreakable(shape);
        Member[] members = [.. Enumerable.Range(1, Founders).Select(id => MemberOf(id))];
        Knobs = new Knobs(Chance.Fork(Purpose.Knobs), members, IsOn(FaultKind.Knobs));
        Chance disks = FaultChance(FaultKind.FailingDisk);
        FailedSyncsPerMillion = IsOn(FaultKind.FailingDisk) ? disks.OneOf<int>([100, 500, 2_000]) : 0;
        FailedNameChangesPerMillion = IsOn(FaultKind.FailingDisk) ? disks.Fork(1).OneOf<int>([1_000, 5_000, 20_000]) : 0;
        ShortWritesPerMillion = IsOn(FaultKind.FailingDisk) ? disks.OneOf<int>([100, 500, 2_000]) : 0;
        Settle();
        Network = DrawNetwork(Chance.Fork(Purpose.Network));
    }

    public Chance Chance { get; }

    /// <summary>The nodes that the birth names.</summary>
    public int Founders { get; }

    /// <summary>All nodes: behind the founders those that may become members later.</summary>
    public int Nodes { get; }

    public int Clients { get; }

    public int Topics { get; }

    /// <summary>Whether clients give topics limits of their own, most of them tiny.</summary>
    public bool HasPolicies { get; }

    /// <summary>How long a client thinks between operations, at the mean.</summary>
    public long ThinkUs { get; }

    /// <summary>How long a supervisor waits before it starts a process again, at the mean.</summary>
    public long RestartUs { get; }

    /// <summary>How long a thread needs to wake up, at most.</summary>
    public int MaxTurnDelayUs { get; }

    /// <summary>Whether the faults begin with the first start instead of after the birth.</summary>
    public bool StormsAtBirth { get; }

    /// <summary>Whether rot may take more than a quorum can spare: then only safety is promised.</summary>
    public bool IsUncapped { get; }

    /// <summary>The nodes whose durable data may be harmed or lost: without them there is still a quorum that has everything.</summary>
    public IReadOnlyList<int> Breakable { get; }

    public NetworkConditions Network { get; }

    public Knobs Knobs { get; }

    public ReplicaOptions Replica => Knobs.Replica;

    public WalOptions Wal => Knobs.Wal;

    public int MaxInputsPerTurn => Knobs.MaxInputsPerTurn;

    public bool DiskTakesOne => Knobs.DiskTakesOne;

    public int MaxRequests => Knobs.MaxRequests;

    public int FailedSyncsPerMillion { get; }

    public int FailedNameChangesPerMillion { get; }

    public int ShortWritesPerMillion { get; }

    public bool IsOn(FaultKind kind) => _on.Contains(kind);

    /// <summary>The chance of one kind of fault.</summary>
    public Chance FaultChance(FaultKind kind) => Chance.Fork(Purpose.Faults + (ulong)kind);

    public NodeClock ClockOf(int node)
    {
        Chance chance = Chance.Fork(Purpose.Clocks + (ulong)node);
        var clock = new NodeClock(chance.Fork(1));
        long rate = chance.Between(800_000, 1_200_000);
        (long offset, long drift, long noise) = (chance.Between(-60_000, 60_000), chance.Between(-500, 500), chance.Between(0, 20));
        clock.RatePerMillion = IsOn(FaultKind.ClockRate) ? rate : clock.RatePerMillion;
        if (IsOn(FaultKind.WallClock))
        {
            (clock.WallOffsetMs, clock.WallDriftPerMillion, clock.WallNoiseMs) = (offset, drift, noise);
        }

        return clock;
    }

    /// <summary>A node as a member, in its first place.</summary>
    public static Member MemberOf(int id) => new(new NodeId((uint)id), 0, $"peer{id}:1", $"client{id}:1");

    private static int DrawNodes(Chance chance) => chance.Below(100) switch
    {
        < 10 => 1,
        < 15 => 2,
        < 60 => 3,
        < 65 => 4,
        < 90 => 5,
        _ => 7,
    };

    private void DrawKinds(RunOptions options)
    {
        Chance chance = Chance.Fork(Purpose.Kinds);
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            // A newer program comes to a quarter of the runs.
            bool isDrawn = chance.Percent(kind == FaultKind.Upgrade ? 25 : 50);
            bool isWanted = options.Profile switch
            {
                Profile.Calm => false,
                Profile.Disks => isDrawn && kind is FaultKind.Crash or FaultKind.PowerLoss or FaultKind.SlowDisk or FaultKind.FailingDisk or FaultKind.FullDisk
                    or FaultKind.Rot or FaultKind.Knobs or FaultKind.Clients,
                Profile.Network => isDrawn && kind is not (FaultKind.SlowDisk or FaultKind.FailingDisk or FaultKind.FullDisk or FaultKind.Rot or FaultKind.LostDisk),
                Profile.Births => kind == FaultKind.LostDisk
                    || (isDrawn && kind is not (FaultKind.FullDisk or FaultKind.Rot or FaultKind.WallClock)),
                _ => isDrawn,
            };
            if (isWanted && !options.Without.Contains(kind))
            {
                _on.Add(kind);
            }
        }
    }

    private int[] DrawBreakable(Chance chance)
    {
        int[] nodes = [.. Enumerable.Range(1, Founders)];
        for (int i = nodes.Length - 1; i > 0; i--)
        {
            int other = chance.Below(i + 1);
            (nodes[i], nodes[other]) = (nodes[other], nodes[i]);
        }

        return IsUncapped ? nodes : WithLateOne(nodes[..((Founders - 1) / 2)]);
    }

    /// <summary>In half of the seeds where nodes come later one of them may break, too, in place of a founder: the operator takes it in where sound ones are more.</summary>
    private int[] WithLateOne(int[] founders)
    {
        Chance chance = FaultChance(FaultKind.LostDisk).Fork(1);
        return Nodes > Founders && chance.Percent(50) ? [.. founders.Skip(1), (int)chance.Between(Founders + 1, Nodes)] : founders;
    }

    private NetworkConditions DrawNetwork(Chance chance)
    {
        (long min, long mean, bool reorders, int slow) =
            (chance.Between(0, 30_000), chance.Between(30_000, 100_000), chance.Percent(50), chance.Percent(10) ? (int)chance.Between(1, Nodes) : 0);
        (int loss, int refused, int twice) = ((int)chance.Between(0, 300_000), (int)chance.Between(0, 20_000), (int)chance.Between(0, 500_000));
        bool isDelayed = IsOn(FaultKind.Delay);
        bool isLossy = IsOn(FaultKind.Loss);
        return new NetworkConditions
        {
            MinDelayUs = isDelayed ? min : NetworkConditions.Calm.MinDelayUs,
            MeanDelayUs = isDelayed ? mean : NetworkConditions.Calm.MeanDelayUs,
            Reorders = isDelayed && reorders,
            SlowNode = isDelayed && !Knobs.ForgetsKeysSoon ? slow : 0,
            LossPerMillion = isLossy ? loss : 0,
            RefusedPerMillion = isLossy ? refused : 0,
            DuplicatesPerMillion = IsOn(FaultKind.Duplication) ? twice : 0,
        };
    }

    /// <summary>
    /// Where request keys are forgotten soon, a request that is repeated late may rightly be carried out twice. Such seeds have clocks and links that keep within
    /// the window, so that only what repeats on purpose outlives it.
    /// </summary>
    private void Settle()
    {
        if (Knobs.ForgetsKeysSoon)
        {
            _on.ExceptWith([FaultKind.WallClock, FaultKind.Clog, FaultKind.Pause]);
        }
    }
}
