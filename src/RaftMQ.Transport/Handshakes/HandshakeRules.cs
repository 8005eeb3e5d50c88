using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Transport.Handshakes;

/// <summary>
/// Whom a node talks to: the table of <c>PROTOCOL.md</c>. (That no other incarnation of the peer is connected is the link's to know.)
/// </summary>
internal static class HandshakeRules
{
    /// <summary>What an acceptor says to a hello.</summary>
    /// <param name="self">Who it is.</param>
    /// <param name="versions">What it says of cluster versions.</param>
    /// <param name="isMember">Whether the dialler's number is one of the members that it knows.</param>
    /// <param name="hello">Who dials.</param>
    public static RefusalReason JudgeHello(ServerIdentity self, SpokenVersions versions, bool isMember, Introduction hello)
    {
        NodeId peer = hello.Identity.Server.Node;
        if (peer == self.Server.Node)
        {
            return RefusalReason.SameNode;
        }

        if (!isMember)
        {
            // Of another cluster it is not to be added, as who is no member only may be told.
            return MayTalk(self.Cluster, hello.Identity.Cluster) ? RefusalReason.NotAMember : RefusalReason.OtherCluster;
        }

        if (hello.Expects != self.Server.Node)
        {
            return RefusalReason.WrongNode;
        }

        return JudgeCluster(self, versions, hello);
    }

    /// <summary>What a dialler says to a welcome.</summary>
    public static RefusalReason JudgeWelcome(ServerIdentity self, SpokenVersions versions, NodeId dialled, Introduction welcome)
    {
        NodeId peer = welcome.Identity.Server.Node;
        if (peer == self.Server.Node)
        {
            return RefusalReason.SameNode;
        }

        if (peer != dialled)
        {
            return RefusalReason.WrongNode;
        }

        return JudgeCluster(self, versions, welcome);
    }

    /// <summary>
    /// Whether an introduction counts as a meeting: well-formed, and by a member other than oneself, or by a node of one's own cluster or of one that may become that, whatever else is
    /// wrong with it.
    /// </summary>
    public static bool IsMeeting(ServerIdentity self, bool isMember, Introduction introduction) =>
        introduction.Identity.Server.Node != self.Server.Node && (isMember || (introduction.Identity.Cluster.IsBorn && MayTalk(self.Cluster, introduction.Identity.Cluster)));

    /// <summary>Two born nodes talk only within one cluster; an unborn node talks to anybody.</summary>
    public static bool MayTalk(ClusterId mine, ClusterId theirs) => !mine.IsBorn || !theirs.IsBorn || mine == theirs;

    /// <summary>Whether each end's program understands the version of the other's cluster. An unborn end has none.</summary>
    public static bool Understand(SpokenVersions mine, SpokenVersions theirs) => Understands(mine, theirs.Cluster) && Understands(theirs, mine.Cluster);

    /// <summary>Whether nobody has to do anything about a refusal: nodes of one cluster whose logs do not agree on the members are let in from the second attempt on (decision 13).</summary>
    public static bool PassesByItself(ClusterId mine, ClusterId theirs, RefusalReason reason) => reason == RefusalReason.NotAMember && mine.IsBorn && mine == theirs;

    /// <summary>What a person should do about a refusal: the end of a line in the log.</summary>
    /// <param name="reason">Why it was refused.</param>
    /// <param name="byPeer">Whether the peer refused this node, or this node the peer.</param>
    /// <param name="mine">What this node says of cluster versions.</param>
    /// <param name="theirs">What the peer says of them.</param>
    public static string Advice(RefusalReason reason, bool byPeer, SpokenVersions mine, SpokenVersions theirs) => (reason, byPeer) switch
    {
        (RefusalReason.ClusterVersion, _) when !Understands(mine, theirs.Cluster) =>
            $"its cluster is at version {theirs.Cluster}, and this program understands {mine.Understands}; run a raftmq that understands that on this node",
        (RefusalReason.ClusterVersion, _) =>
            $"this cluster is at version {mine.Cluster}, and its program understands {theirs.Understands}; run a raftmq that understands that on it",
        (RefusalReason.Version, _) => $"they speak different versions of the peer protocol, this program {Preamble.Version}; run the same version of raftmq on both",
        (RefusalReason.SameNode, _) => "both have the same node id; give each node its own id, and its members their right peer addresses",
        (RefusalReason.NotAMember, false) => "it is no member of this cluster; add it (raftmq cluster add), or correct its configuration",
        (RefusalReason.NotAMember, true) => "this node is no member of the peer's cluster; add it (raftmq cluster add), or correct this configuration",
        (RefusalReason.WrongNode, false) => "it was not the node that was meant; correct the peer addresses in the member list",
        (RefusalReason.WrongNode, true) => "its address belongs to another node; correct the peer addresses in the member list",
        (RefusalReason.OtherCluster, _) => "they belong to different clusters; correct the peer addresses, or start one with an empty data folder",
        (RefusalReason.OtherIncarnation, _) => "another process with the same node id but other data is connected; a former life of it is given up within seconds, else stop one of them",
        (RefusalReason.IdentityChanged, _) => "its identity has just changed; the next attempt will find the new one",
        _ => "for a reason that this version does not know; run the same version of raftmq on both",
    };

    private static RefusalReason JudgeCluster(ServerIdentity self, SpokenVersions versions, Introduction peer) =>
        !MayTalk(self.Cluster, peer.Identity.Cluster) ? RefusalReason.OtherCluster
        : !Understand(versions, peer.Versions) ? RefusalReason.ClusterVersion
        : RefusalReason.None;

    private static bool Understands(SpokenVersions speaker, int cluster) => cluster == 0 || speaker.Understands.Include(cluster);
}
