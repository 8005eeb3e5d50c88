using RaftMQ.Consensus;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Simulation.Faults;

/// <summary>Whom a change brings and whom it takes away.</summary>
internal static class WhoseChange
{
    extension(ClusterChange change)
    {
        /// <summary>The node that comes, if one does.</summary>
        public NodeId? Comes => change switch
        {
            MemberAddition addition => addition.Newcomer.Node,
            MemberReplacement replacement => replacement.Newcomer.Node,
            _ => null,
        };

        /// <summary>The node that leaves, if one does.</summary>
        public NodeId? Leaves => change switch
        {
            MemberRemoval removal => removal.Node,
            MemberReplacement replacement => replacement.Leaves,
            _ => null,
        };
    }
}
