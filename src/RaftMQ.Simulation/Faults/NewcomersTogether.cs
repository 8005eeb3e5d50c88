using RaftMQ.Consensus;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>
/// Some newcomers are started only when others have been named beside them: they catch up in step, and one joint configuration takes them all, so that its old and its new voters have little in
/// common.
/// </summary>
internal sealed class NewcomersTogether(SimulatedWorld world, Chance chance)
{
    private const int Most = 3;

    private readonly HashSet<int> _held = [];

    /// <summary>A newcomer may be one of several: its machine stays off until they are named, or until the operator loses patience.</summary>
    public void HoldSome(ClusterChange change)
    {
        if (change.Comes is { } comes && chance.Percent(60))
        {
            SimulatedNode node = world.Nodes[(int)comes.Value];
            node.StaysDown = true;
            node.Die(powerIsLost: false);
            _held.Add(node.Id);
        }
    }

    public void StartOnceNamed(Membership membership)
    {
        int named = _held.Count(node => membership.Find(new NodeId((uint)node)) is not null);
        if (_held.Count > 0 && (named >= Most || chance.Percent(named > 1 ? 70 : 10)))
        {
            world.Faults.Note("newcomers started together", named);
            foreach (int node in _held.Order())
            {
                world.Nodes[node].StaysDown = false;
                world.Nodes[node].Start();
            }

            _held.Clear();
        }
    }
}
