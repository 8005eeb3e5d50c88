using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>
/// An operator changes the members, one change after the other: nodes come, leave, replace each other and move, leaders among them. He takes care of one thing, that the nodes whose disks
/// may break never are a majority: who removes the sound ones loses what they held, by right. Some newcomers he starts only together, when others have been named beside them: they catch up in
/// step, and one joint configuration takes them all.
/// </summary>
internal sealed class MembershipChanges(SimulatedWorld world, Chance chance)
{
    private readonly List<SimulatedNode> _held = [];
    private int _moves;

    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        if (!plan.IsOn(FaultKind.Membership))
        {
            return;
        }

        Chance chance = plan.FaultChance(FaultKind.Membership);
        var changes = new MembershipChanges(world, chance.Fork(2));
        for (long left = chance.Between(10, 60); left > 0; left--)
        {
            world.Faults.When(chance.Between(0, events), changes.Next);
        }
    }

    private void Next()
    {
        SimulatedNode? leader = SimulatedWorld.LeaderOf(world.Nodes);
        Membership? membership = world.Ghost.Cluster?.Committed.Configuration.Membership;

        if (membership is not null)
        {
            StartTheHeld(membership);
        }

        // Whatever stands in a log without being committed may come into force yet: he waits until that is known.
        bool mayAsk = leader is not null && membership is { IsJoint: false } && world.Faults.Change?.IsAwaited != true && !world.Ghost.AnyConfigurationIsUncommitted();
        if (mayAsk && Draw(membership!, (uint)leader!.Id) is { } change)
        {
            HoldSome(change);
            world.Faults.Note(change.ToString(), leader.Id);
            world.Faults.Change = new SimulatedChange(change, leader);
            leader.Post(new ChangeInput(world.Faults.Change));
        }
    }

    /// <summary>A newcomer may be one of several: its machine stays off until they are named, or until he loses patience.</summary>
    private void HoldSome(MembershipChange change)
    {
        Member? comes = change switch
        {
            MemberAddition addition => addition.Newcomer,
            MemberReplacement replacement => replacement.Newcomer,
            _ => null,
        };
        if (comes is not null && chance.Percent(60))
        {
            SimulatedNode node = world.Nodes[(int)comes.Node.Value];
            node.StaysDown = true;
            node.Die(powerIsLost: false);
            _held.Add(node);
        }
    }

    private void StartTheHeld(Membership membership)
    {
        int named = _held.Count(node => membership.Find(new NodeId((uint)node.Id)) is not null);
        if (_held.Count > 0 && (named == 3 || chance.Percent(named == 2 ? 70 : 10)))
        {
            world.Faults.Note("newcomers started together", named);
            foreach (SimulatedNode node in _held)
            {
                node.StaysDown = false;
                node.Start();
            }

            _held.Clear();
        }
    }

    private MembershipChange? Draw(Membership membership, uint leader)
    {
        NodeId[] voters = [.. membership.Members.Where(member => member.Suffrage == Suffrage.Voter).Select(member => member.Node)];
        int[] others = [.. world.Nodes.Select(node => node.Id).Where(node => membership.Find(new NodeId((uint)node)) is null)];
        NodeId leaves = chance.Percent(25) && voters.Contains(new NodeId(leader)) ? new NodeId(leader) : voters[chance.Below(voters.Length)];
        Member? comes = others.Length > 0 ? Runs.Plan.MemberOf(others[chance.Below(others.Length)]) : null;

        // Who is about to be replaced leaves, too, perhaps before others have come.
        NodeId[] leaving = [.. membership.Members.Select(member => member.Replaces).Where(node => node != default).Append(leaves).Distinct()];
        bool mayLeave = leaving.Length < voters.Length && world.Faults.IsSound(membership.Joint([], leaving).AfterJoint());
        return chance.Below(10) switch
        {
            < 4 when comes is not null => new MemberAddition(comes),
            < 6 when comes is not null && mayLeave => new MemberReplacement(leaves, comes),
            < 9 when mayLeave => new MemberRemoval(leaves),
            9 => new MemberMove(leaves, $"peer{leaves}:{++_moves + 1}", $"client{leaves}:1"),
            _ => null,
        };
    }
}
