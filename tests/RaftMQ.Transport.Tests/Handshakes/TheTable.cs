using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Handshakes;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Handshakes;

/// <summary>The table of PROTOCOL.md: whom node 1 of cluster 42 talks to, as acceptor and as dialler of node 2.</summary>
public sealed class TheTable
{
    private static readonly NodeId[] Members = [new(2), new(3)];

    [Theory]
    [InlineData(42, 2, 1, RefusalReason.None)]
    [InlineData(0, 2, 1, RefusalReason.None)]
    [InlineData(7, 2, 1, RefusalReason.OtherCluster)]
    [InlineData(42, 1, 1, RefusalReason.SameNode)]
    [InlineData(42, 4, 1, RefusalReason.NotAMember)]
    [InlineData(0, 4, 1, RefusalReason.NotAMember)]
    [InlineData(7, 4, 1, RefusalReason.OtherCluster)]
    [InlineData(42, 2, 3, RefusalReason.WrongNode)]
    [InlineData(7, 2, 3, RefusalReason.WrongNode)]
    internal void A_hello_is_judged(int cluster, uint node, uint expects, RefusalReason reason)
    {
        var self = new ServerIdentity(new ClusterId(42), TestNode.Id(1));
        var hello = Introduction.Hello(new ServerIdentity(new ClusterId((UInt128)cluster), TestNode.Id(node)), Frames.Version1, new NodeId(expects), "");

        HandshakeRules.JudgeHello(self, Frames.Version1, Members.Contains(new NodeId(node)), hello).ShouldBe(reason);
    }

    [Theory]
    [InlineData(42, 42, 2, RefusalReason.None)]
    [InlineData(42, 0, 2, RefusalReason.None)]
    [InlineData(0, 42, 2, RefusalReason.None)]
    [InlineData(0, 0, 2, RefusalReason.None)]
    [InlineData(42, 7, 2, RefusalReason.OtherCluster)]
    [InlineData(42, 42, 3, RefusalReason.WrongNode)]
    [InlineData(42, 42, 1, RefusalReason.SameNode)]
    internal void A_welcome_is_judged(int mine, int theirs, uint node, RefusalReason reason)
    {
        var self = new ServerIdentity(new ClusterId((UInt128)mine), TestNode.Id(1));
        var welcome = Introduction.Welcome(new ServerIdentity(new ClusterId((UInt128)theirs), TestNode.Id(node)), Frames.Version1);

        HandshakeRules.JudgeWelcome(self, Frames.Version1, new NodeId(2), welcome).ShouldBe(reason);
    }

    /// <summary>A row: what this node understands up to and the version of its cluster, the same of the peer, and what comes of it. 0 stands for an unborn node.</summary>
    [Theory]
    [InlineData(1, 1, 1, 1, RefusalReason.None, null)]
    [InlineData(2, 1, 1, 1, RefusalReason.None, null)]
    [InlineData(2, 2, 2, 1, RefusalReason.None, null)]
    [InlineData(2, 2, 2, 0, RefusalReason.None, null)]
    [InlineData(1, 0, 1, 0, RefusalReason.None, null)]
    [InlineData(2, 2, 1, 1, RefusalReason.ClusterVersion, "this cluster is at version 2, and its program understands version 1; run a raftmq that understands that on it")]
    [InlineData(2, 2, 1, 0, RefusalReason.ClusterVersion, "this cluster is at version 2, and its program understands version 1; run a raftmq that understands that on it")]
    [InlineData(1, 1, 3, 3, RefusalReason.ClusterVersion, "its cluster is at version 3, and this program understands version 1; run a raftmq that understands that on this node")]
    [InlineData(2, 0, 3, 3, RefusalReason.ClusterVersion, "its cluster is at version 3, and this program understands versions 1 to 2; run a raftmq that understands that on this node")]
    internal void A_cluster_version_is_judged(int newest, int cluster, int theirNewest, int theirCluster, RefusalReason reason, string? advice)
    {
        var mine = new SpokenVersions(new ClusterVersions(1, newest), cluster);
        var theirs = new SpokenVersions(new ClusterVersions(1, theirNewest), theirCluster);
        ServerIdentity self = new(ClusterOf(cluster), TestNode.Id(1)), peer = new(ClusterOf(theirCluster), TestNode.Id(2));

        HandshakeRules.JudgeHello(self, mine, true, Introduction.Hello(peer, theirs, self.Server.Node, "")).ShouldBe(reason);
        HandshakeRules.JudgeWelcome(self, mine, peer.Server.Node, Introduction.Welcome(peer, theirs)).ShouldBe(reason);
        if (advice is not null)
        {
            HandshakeRules.Advice(reason, byPeer: true, mine, theirs).ShouldBe(advice);
            HandshakeRules.Advice(reason, byPeer: false, mine, theirs).ShouldBe(advice);
        }
    }

    private static ClusterId ClusterOf(int version) => version == 0 ? ClusterId.None : new ClusterId(42);

    [Fact]
    public void Every_reason_says_what_to_do_at_both_ends()
    {
        foreach (RefusalReason reason in Enum.GetValues<RefusalReason>().Except([RefusalReason.None]))
        {
            HandshakeRules.Advice(reason, byPeer: true, Frames.Version1, Frames.Version1).ShouldContain(";");
            HandshakeRules.Advice(reason, byPeer: false, Frames.Version1, Frames.Version1).ShouldContain(";");
        }
    }
}
