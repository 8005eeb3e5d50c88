using RaftMQ.Consensus;
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
    [InlineData(42, 2, 3, RefusalReason.WrongNode)]
    [InlineData(7, 2, 3, RefusalReason.WrongNode)]
    internal void A_hello_is_judged(int cluster, uint node, uint expects, RefusalReason reason)
    {
        var self = new ServerIdentity(new ClusterId(42), TestNode.Id(1));
        var hello = Introduction.Hello(new ServerIdentity(new ClusterId((UInt128)cluster), TestNode.Id(node)), new NodeId(expects), "");

        HandshakeRules.JudgeHello(self, Members.Contains(new NodeId(node)), hello).ShouldBe(reason);
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
        var welcome = Introduction.Welcome(new ServerIdentity(new ClusterId((UInt128)theirs), TestNode.Id(node)));

        HandshakeRules.JudgeWelcome(self, new NodeId(2), welcome).ShouldBe(reason);
    }

    [Fact]
    public void Every_reason_says_what_to_do_at_both_ends()
    {
        foreach (RefusalReason reason in Enum.GetValues<RefusalReason>().Except([RefusalReason.None]))
        {
            HandshakeRules.Advice(reason, byPeer: true).ShouldContain(";");
            HandshakeRules.Advice(reason, byPeer: false).ShouldContain(";");
        }
    }
}
