using RaftMQ.Consensus;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>
/// An operator changes the members: nodes come, leave, replace each other and move, leaders among them, and leadership is handed over. In half of the seeds he makes one change after the other,
/// in the others he is hasty: he does not wait for what is under way, asks twice, and asks whoever is there, leader or not. He takes care of one thing, that the nodes whose disks may break
/// never are a majority: who removes the sound ones loses what they held, by right.
/// </summary>
internal sealed class MembershipChanges(SimulatedWorld world, Chance chance, bool isHasty)
{
    private readonly NewcomersTogether _together = new(world, chance.Fork(1));
    private int _moves;

    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        if (!plan.IsOn(FaultKind.Membership))
        {
            return;
        }

        Chance chance = plan.FaultChance(FaultKind.Membership);
        var changes = new MembershipChanges(world, chance.Fork(2), chance.Fork(3).Percent(50));
        for (long left = chance.Between(10, 60); left > 0; left--)
        {
            world.Faults.When(chance.Between(0, events), changes.Next);
        }
    }

    private void Next()
    {
        if (world.Ghost.Cluster?.Committed.Configuration.Membership is not { } membership)
        {
            return;
        }

        _together.StartOnceNamed(membership);

        // Whatever stands in a log without being committed may come into force yet: who is patient waits until that is known.
        bool isSettled = !membership.IsJoint && !world.Faults.AwaitsChanges && !world.Ghost.AnyConfigurationIsUncommitted();
        if (!isHasty && !isSettled)
        {
            return;
        }

        SimulatedNode? asked = isHasty && chance.Percent(20) ? world.Nodes[(int)chance.Between(1, world.Nodes.Count)] : SimulatedWorld.LeaderOf(world.Nodes);
        do
        {
            Ask(asked, membership);
        }
        while (isHasty && chance.Percent(30));
    }

    private void Ask(SimulatedNode? asked, Membership membership)
    {
        if (asked is not { IsRunning: true } || Draw(membership, (uint)asked.Id) is not { } change || !world.Faults.StaysSound(change))
        {
            return;
        }

        _together.HoldSome(change);
        world.Faults.Ask(change, asked);
        if (isHasty && chance.Percent(25))
        {
            world.Faults.Ask(change, asked);
        }
    }

    private ClusterChange? Draw(Membership membership, uint asked)
    {
        NodeId[] voters = [.. membership.Members.Where(member => member.Suffrage == Suffrage.Voter).Select(member => member.Node)];
        int[] others = [.. world.Nodes.Select(node => node.Id).Where(node => membership.Find(new NodeId((uint)node)) is null)];
        NodeId leaves = chance.Percent(25) && voters.Contains(new NodeId(asked)) ? new NodeId(asked) : voters[chance.Below(voters.Length)];
        Member? comes = others.Length > 0 ? Runs.Plan.MemberOf(others[chance.Below(others.Length)]) : null;
        return chance.Below(12) switch
        {
            < 4 when comes is not null => new MemberAddition(comes),
            < 6 when comes is not null => new MemberReplacement(leaves, comes),
            < 9 => new MemberRemoval(leaves),
            9 => new MemberMove(leaves, $"peer{leaves}:{++_moves + 1}", $"client{leaves}:1"),
            10 => new LeadershipTransfer(leaves),
            11 => new LeadershipTransfer(null),
            _ => null,
        };
    }
}
