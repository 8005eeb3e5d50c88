using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Network;

/// <summary>What real networks say to each other of the cluster's version, and whom they refuse for it (docs/decisions/0014).</summary>
[Collection("loopback")]
public sealed class ClusterVersionsOfPeers
{
    private static readonly ClusterId Ours = new(42);
    private static readonly ClusterVersions One = new(1, 1);
    private static readonly ClusterVersions Two = new(1, 2);

    [Fact]
    public async Task A_link_that_comes_up_says_what_the_other_end_understands()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode newer = TestNode.Start(IdentityOf(1), ports, versions: new SpokenVersions(Two, 1));
        await using TestNode older = TestNode.Start(IdentityOf(2), ports, versions: new SpokenVersions(One, 1));

        await Task.WhenAll(newer.Events.UntilUp(older.Server), older.Events.UntilUp(newer.Server));

        newer.Events.Of<RecordedEvents.Up>().ShouldAllBe(up => up.Understands == One);
        older.Events.Of<RecordedEvents.Up>().ShouldAllBe(up => up.Understands == Two);
    }

    [Fact]
    public async Task A_program_that_does_not_understand_the_cluster_is_refused_by_its_peers_and_both_say_which_versions()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode member = TestNode.Start(IdentityOf(1), ports, versions: new SpokenVersions(Two, 2));
        await using (TestNode tooOld = TestNode.Start(IdentityOf(2), ports, versions: new SpokenVersions(One, 1)))
        {
            await member.Log.UntilLine("2/66 dialled", "was refused: this cluster is at version 2, and its program understands version 1; run a raftmq that understands that on it");
            await tooOld.Log.UntilLine("node 1 at", "refused this node: its cluster is at version 2, and this program understands version 1; run a raftmq that understands that on this node");
            member.Events.Of<RecordedEvents.Up>().ShouldBeEmpty();
            tooOld.Events.Of<RecordedEvents.Up>().ShouldBeEmpty();
        }

        await using TestNode upgraded = TestNode.Start(IdentityOf(2), ports, versions: new SpokenVersions(Two, 1));
        await Task.WhenAll(member.Events.UntilUp(upgraded.Server), upgraded.Events.UntilUp(member.Server));
    }

    [Fact]
    public async Task A_raise_leaves_the_links_that_there_are_and_counts_in_the_next_handshake()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2, 3);
        await using TestNode one = TestNode.Start(IdentityOf(1), ports, versions: new SpokenVersions(Two, 1));
        await using TestNode two = TestNode.Start(IdentityOf(2), ports, versions: new SpokenVersions(Two, 1));
        await Task.WhenAll(one.Events.UntilUp(two.Server), two.Events.UntilUp(one.Server));

        one.Network.SetVersions(new SpokenVersions(Two, 2));
        await using TestNode tooOld = TestNode.Start(IdentityOf(3), ports, versions: new SpokenVersions(One, 1));

        await one.Log.UntilLine("3/67 dialled", "this cluster is at version 2");
        await Task.WhenAll(two.Events.UntilUp(tooOld.Server), tooOld.Events.UntilUp(two.Server));
        one.Events.Of<RecordedEvents.Down>().ShouldBeEmpty();
        two.Events.Of<RecordedEvents.Down>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_an_unborn_stranger_it_is_reported_what_it_understands()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode member = TestNode.Start(IdentityOf(1), ports, options => options with { Peers = new Dictionary<NodeId, string>() }, new SpokenVersions(Two, 2));
        await using TestNode newcomer = TestNode.Start(new ServerIdentity(ClusterId.None, TestNode.Id(2)), ports, versions: new SpokenVersions(One, 0));

        await member.Events.Until(() => member.Events.Of<RecordedEvents.Stranger>().Contains(new RecordedEvents.Stranger(new NodeId(2), One)), "a stranger");

        await member.Log.UntilLine("2/66 dialled", "raftmq cluster add");
        member.Events.Of<RecordedEvents.Met>().ShouldBeEmpty("it is nobody yet");
    }

    private static ServerIdentity IdentityOf(uint node) => new(Ours, TestNode.Id(node));
}
