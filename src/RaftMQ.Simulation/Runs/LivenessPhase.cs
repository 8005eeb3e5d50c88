using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Simulation.Faults;
using RaftMQ.Simulation.Invariants;
using RaftMQ.Simulation.Traces;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Runs;

/// <summary>
/// Faults stop in a random core quorum of nodes that may vote, and stay as they are elsewhere; then the core must get somewhere (I19): a leader, an end of every
/// request, equal states, empty queues, and no change of leader without need.
/// </summary>
internal sealed class LivenessPhase
{
    private const int TimeoutsToALeader = 10;
    private const int TimeoutsToTheEnd = 200;
    private const int TimeoutsOfPeace = 20;

    private readonly SimulatedWorld _world;
    private readonly Plan _plan;
    private readonly Chance _chance;
    private readonly List<SimulatedNode> _core = [];
    private readonly List<SimulatedNode> _newcomers = [];

    /// <summary>Those that are none, or may not be for long, and are left in peace all the same: one may lead until the change that removes it is finished.</summary>
    private readonly List<SimulatedNode> _outsiders = [];

    /// <summary>Those of the core that are members to the end: others leave with a change that is under way.</summary>
    private readonly List<SimulatedNode> _staying = [];
    private Membership[] _inForce = [];

    public LivenessPhase(SimulatedWorld world, Plan plan)
    {
        _world = world;
        _plan = plan;
        _chance = plan.Chance.Fork(Purpose.Liveness);
    }

    public void Run()
    {
        _world.Clients.MayAsk = false;
        if (!PickCore())
        {
            Note("no quorum is left that may vote: safety only");
            return;
        }

        Note("liveness, core " + string.Join(' ', _core.Select(node => node.Id)));
        foreach (SimulatedNode node in _world.Nodes)
        {
            if (_core.Contains(node))
            {
                Heal(node);
            }
            else
            {
                LeaveBroken(node);
            }
        }

        HealLinks();
        _staying.AddRange(_core.Where(Stays));
        SimulatedNode[] leaving = [.. _newcomers.Where(node => !Stays(node))];
        _newcomers.RemoveAll(leaving.Contains);
        _outsiders.AddRange(leaving);

        SimulatedNode[] asked = PassOnToTheLeader ? [.. _staying] : [.. _core, .. _newcomers, .. _outsiders];
        _world.Serve(asked.Select(node => node.Id));
        _world.Clients.KeepOnly(asked);

        // What a slow link from outside still holds of an earlier leader keeps voters waiting: time begins when the last of it has come.
        _world.Run(() => IsLed(), OnTheWayFromOutsideUs());
        bool endsAll = Expect(() => IsLed(), TimeoutsToALeader, "no leader") && Expect(() => !_world.Clients.AnyWaits, TimeoutsToTheEnd, "a request has no end");

        // A newcomer that has got its seat may have taken that of the leader, which hands over just then.
        if (endsAll && IsServed() && Expect(() => IsLed(), TimeoutsToALeader, "no leader in the end"))
        {
            int changes = _world.LeaderChanges;
            NodeId? leader = Leader?.Replica?.Identity.Server.Node;
            _world.Run(() => false, TimeoutsOfPeace * ElectionTimeoutUs);

            // A learner that has only now caught up may have taken the leader's place.
            bool hasLeft = leader is { } former && _world.Ghost.Cluster?.Committed.Configuration.Membership?.Find(former) is null;
            if (_world.LeaderChanges > changes && !hasLeft && _world.Findings.First is null)
            {
                _world.Findings.Report("I19", "the leader has changed without need");
            }
        }

        Note("the end");
    }

    /// <summary>By the slowest clock that there may be, and as patient as the faults have made the most patient of the core; twice the shortest if that is more.</summary>
    private long ElectionTimeoutUs => Math.Max(2 * _plan.Replica.ElectionTimeoutTicks, _core.Max(node => node.Replica?.Core.ElectionTimeoutTicks ?? 0)) * _plan.Replica.TickMilliseconds * 1_250L;

    /// <summary>Whether those that stay can be asked for everything. Where nobody passes requests on, or nobody is sure to stay, whoever may lead has to be asked itself.</summary>
    private bool PassOnToTheLeader => _plan.Replica.Forward && _staying.Count > 0;

    private bool IsServed()
    {
        _world.Clients.BeginProbes(PassOnToTheLeader ? _staying.Select(node => node.Id) : [Probe.OfTheLeader]);
        if (!Expect(() => _world.Clients.Probes.Left == 0, TimeoutsToTheEnd, "a request is not answered"))
        {
            return false;
        }

        _world.Clients.BeginDrain();
        return Expect(() => IsDrained() && !_world.Clients.AnyWaits, TimeoutsToTheEnd, "the queues are not empty")
            && Expect(() => _newcomers.TrueForAll(IsSeated), TimeoutsToTheEnd, "a newcomer has no seat")
            && Expect(IsRaised, TimeoutsToTheEnd, "the cluster is not raised to the version that all members understand")
            && Expect(AreEqual, TimeoutsToTheEnd, "the states are not equal")
            && Expect(KnowWhoTheyAre, TimeoutsToTheEnd, "a member takes itself for removed, or one that was removed does not know it");
    }

    private long OnTheWayFromOutsideUs() => _world.Nodes.Where(node => !_core.Contains(node))
        .SelectMany(from => _core.Select(to => _world.Network[from.Id, to.Id])).Where(link => !link.IsCut)
        .Select(link => link.LastArrivalAt - _world.Now).Append(0).Max();

    private bool PickCore()
    {
        _inForce = _world.Ghost.ConfigurationsThatMayBeInForce();
        List<SimulatedNode> mayVote = [.. _world.Nodes.Where(MayVote)];
        if (!IsMajority(mayVote) || _plan.IsUncapped)
        {
            return false;
        }

        int size = (int)_chance.Between(_inForce.Length > 0 ? _inForce[0].Majority : _plan.Founders, mayVote.Count);
        while (_core.Count < size || !IsMajority(_core))
        {
            SimulatedNode node = mayVote[_chance.Below(mayVote.Count)];
            mayVote.Remove(node);
            _core.Add(node);
        }

        return true;
    }

    /// <summary>By every configuration that may be in force: a change that is under way may be finished or taken back. Before anything is committed all founders are needed.</summary>
    private bool IsMajority(List<SimulatedNode> nodes) => _inForce.Length == 0
        ? nodes.Count(node => node.Id <= _plan.Founders) == _plan.Founders
        : _inForce.All(membership => Majorities.IsMajority(membership, voter => nodes.Exists(node => node.Identity.Server == voter)));

    /// <summary>Before anything is committed everybody is needed: who founds may not know yet whom it may count on.</summary>
    private bool MayVote(SimulatedNode node) => !node.IsBroken && !node.Disk.IsHarmed
        && (_inForce.Length == 0 ? node.Id <= _plan.Founders : node.HasItsIdentity && _inForce.Any(membership => membership.Counts(node.Identity.Server)));

    /// <summary>Whoever is to be removed or replaced may leave within the phase: its successor may be any node that was left in peace.</summary>
    private bool Stays(SimulatedNode node)
    {
        var number = new NodeId((uint)node.Id);
        bool mayStay = _inForce.All(membership =>
            membership.Find(number) is { Suffrage: not Suffrage.Outgoing } && membership.Members.All(member => member.Replaces != number));
        return mayStay && _world.Faults.Changes.All(change => change.Leaves != number);
    }

    private void Heal(SimulatedNode node)
    {
        node.SyncUs = Plan.HealthySyncUs;
        node.Disk.EndFaults();
        node.HoldInBuffers(0);
        node.CrashAfterSteps(0);
        node.Resume();
        node.FinishStopping();
        if (_plan.IsOn(FaultKind.Upgrade))
        {
            // The operator finishes what he has begun.
            node.Bring(Upgrades.Newer);
        }

        node.StaysDown = false;
        node.Start();
        node.HastenDisk();
        _world.Network.Calm(node.Id);
    }

    /// <summary>Whoever may not vote yet is left in the core's network and may be admitted; others are down, cut off, or heard but deaf, or deaf but heard.</summary>
    private void LeaveBroken(SimulatedNode node)
    {
        bool isSound = !node.IsBroken && !node.Disk.IsHarmed && _inForce.Length > 0;
        bool isMember = _inForce.All(membership => membership.Find(new NodeId((uint)node.Id)) is { Suffrage: not Suffrage.Outgoing });
        bool isNewcomer = isSound && isMember && !_inForce.Any(membership => membership.Counts(node.Identity.Server));
        bool isOutsider = isSound && !isMember && _chance.Percent(50);
        int fate = isNewcomer ? 4 : isOutsider ? 5 : _chance.Below(4);
        _world.Trace.Note(_world.Now, node.Id, TraceKind.Fault, fate, text: "left broken");
        switch (fate)
        {
            case 0:
                node.StaysDown = true;
                node.Die(powerIsLost: false);
                break;
            case 4:
                _newcomers.Add(node);
                Heal(node);
                break;
            case 5:
                // It may believe that it votes, and disturbs nobody.
                _outsiders.Add(node);
                Heal(node);
                break;
            default:
                foreach (SimulatedNode other in _core)
                {
                    _world.Network[node.Id, other.Id].Cuts += fate is 1 or 2 ? 1 : 0;
                    _world.Network[other.Id, node.Id].Cuts += fate is 1 or 3 ? 1 : 0;
                }

                break;
        }
    }

    private void HealLinks()
    {
        foreach (SimulatedNode from in _world.Nodes)
        {
            foreach (SimulatedNode to in _world.Nodes)
            {
                if (_world.Network.IsCalm(from.Id) && _world.Network.IsCalm(to.Id) && from != to)
                {
                    Link link = _world.Network[from.Id, to.Id];
                    link.Cuts = 0;
                    link.CloggedUntil = 0;
                    link.LastArrivalAt = 0;
                }
            }
        }
    }

    private bool IsDrained()
    {
        ReferenceMachine? reference = _world.Ghost.Cluster?.Reference;
        reference?.CatchUp();
        return reference is null || reference.Machine.MessageCount == 0;
    }

    /// <summary>The core follows one leader of its own: one that led before, and does not know that it leads no more, is none.</summary>
    private SimulatedNode? Leader => SimulatedWorld.LeaderOf([.. _core, .. _newcomers, .. _outsiders]);

    private bool IsLed() => Leader is { } leader && _staying.TrueForAll(node => node.Replica?.Core.Leader == leader.Replica!.Identity.Server);

    private bool IsSeated(SimulatedNode newcomer) =>
        _world.Ghost.Cluster?.Committed.Configuration.Membership?.Counts(newcomer.Identity.Server) == true;

    /// <summary>Where all members have the newer program and are in peace, the cluster comes to the version that it understands.</summary>
    private bool IsRaised()
    {
        Membership? membership = _world.Ghost.Cluster?.Committed.Configuration.Membership;
        bool hasAll = _plan.IsOn(FaultKind.Upgrade) && membership?.Members.All(member => InPeace.Any(node => node.Id == member.Node.Value)) == true;
        return !hasAll || membership!.Version == Upgrades.Newer.Newest;
    }

    private IEnumerable<SimulatedNode> InPeace => [.. _core, .. _newcomers, .. _outsiders];

    /// <summary>
    /// Whoever is named by the last configuration that it knows, or has had a seat and is named by it no more, and by the committed one no more, has been told so; and nobody has who is a member.
    /// </summary>
    private bool KnowWhoTheyAre()
    {
        Membership? membership = _world.Ghost.Cluster?.Committed.Configuration.Membership;
        return membership is null || InPeace.All(node => node.Replica is not { } replica || !WasTakenIn(replica)
            || replica.IsRemoved == (membership.Find(replica.Identity.Server.Node) is null));
    }

    private static bool WasTakenIn(QueueReplica replica) => replica.Core.Membership?.Find(replica.Identity.Server.Node) is { } member
        ? member.Server == replica.Identity.Server
        : replica.Core.HasHadASeat;

    private bool AreEqual()
    {
        ulong committed = _world.Ghost.Cluster?.Committed.Last ?? 0;
        return _staying.Concat(_newcomers).All(node => node.Replica is { } replica && replica.AppliedIndex.Value == committed && replica.Core.Log.Last.Index.Value == committed);
    }

    private bool Expect(Func<bool> condition, int timeouts, string otherwise)
    {
        // A late word of a leader that is gone may make somebody more patient meanwhile. And pieces of a few bytes bring a large snapshot as surely as large ones: while it gets further,
        // time begins anew.
        (long begun, long furthest, bool came) = (_world.Now, FurthestOfSnapshots, false);
        for (long left = timeouts * ElectionTimeoutUs; !came && left > 0 && _world.Findings.First is null; left = begun + (timeouts * ElectionTimeoutUs) - _world.Now)
        {
            came = _world.Run(condition, left);
            (begun, furthest) = FurthestOfSnapshots > furthest ? (_world.Now, FurthestOfSnapshots) : (begun, furthest);
        }

        if (!came && _world.Findings.First is null && IsStillAMajority())
        {
            _world.Findings.Report("I19", $"{otherwise} within {timeouts} election timeouts of peace in the core ({Describe()})");
        }

        return came && _world.Findings.First is null;
    }

    private long FurthestOfSnapshots => _world.Nodes.Sum(node => node.FurthestOfSnapshots);

    /// <summary>A leader may have made a change of the members just as the phase began, with voters that it had heard until then and that were left broken: they promise nothing.</summary>
    private bool IsStillAMajority()
    {
        _inForce = _world.Ghost.ConfigurationsThatMayBeInForce();
        return IsMajority([.. _core, .. _newcomers, .. _outsiders]);
    }

    private string Describe() => string.Join("; ", _core.Select(node => node.Replica is { } replica
        ? $"n{node.Id} {replica.Core.Role} term {replica.Core.CurrentTerm} log {replica.Core.Log.Last} commit {replica.Core.CommitIndex} applied {replica.AppliedIndex}"
        : $"n{node.Id} down"));

    private void Note(string phase) => _world.Trace.Note(_world.Now, 0, TraceKind.Phase, _world.Events, text: phase);
}
