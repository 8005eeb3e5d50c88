using RaftMQ.Consensus;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Network;

/// <summary>Members that come, go and move while the network runs.</summary>
[Collection("loopback")]
public sealed class ComingAndGoing
{
    private static readonly ClusterId Cluster = new(42);

    [Fact]
    public async Task A_stranger_is_refused_until_it_is_a_member_and_again_when_it_is_none_any_more()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode old = TestNode.Prepare(IdentityOf(1), ports, options => options with { Peers = new Dictionary<NodeId, string>() });
        await using TestNode newcomer = TestNode.Prepare(new ServerIdentity(ClusterId.None, TestNode.Id(2)), ports);
        old.Start();
        newcomer.Start();
        await old.Log.UntilLine("raftmq cluster add");
        old.Events.Of<RecordedEvents.Up>().ShouldBeEmpty();
        old.Events.Of<RecordedEvents.Met>().ShouldBeEmpty("who is no member is nobody that was met");

        old.Network.SetPeers(PeersAt(ports, 2));
        await old.Events.UntilUp(newcomer.Server);
        await newcomer.Events.UntilUp(old.Server);

        old.Network.SetPeers(new Dictionary<NodeId, string>());
        await old.Events.UntilDown(newcomer.Server);
        await newcomer.Events.UntilDown(old.Server);
        await old.Log.UntilLine("is closed: it is no member any more");
        old.Log.Lines.ShouldNotContain(line => line.Contains("dialling it again failed", StringComparison.Ordinal));
        old.Network.SetPeers(PeersAt(ports, 2));
        await old.Events.UntilUp(newcomer.Server, times: 2);
    }

    [Fact]
    public async Task Who_is_of_the_same_cluster_or_may_become_so_is_met_with_the_address_that_it_gives_although_it_is_refused()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2, 3);
        await using TestNode behind = TestNode.Start(IdentityOf(1), ports, options => options with { Peers = new Dictionary<NodeId, string>() });
        await using TestNode unborn = TestNode.Start(new ServerIdentity(ClusterId.None, TestNode.Id(3)), ports, options => options with { Peers = new Dictionary<NodeId, string>() });
        await using TestNode newer = TestNode.Start(IdentityOf(2), ports, options => options with { Address = "10.0.0.2:7001", Peers = PeersAt(ports, 1, 3) });

        await behind.Events.UntilMet(IdentityOf(2));
        await unborn.Events.UntilMet(IdentityOf(2));
        behind.Events.Of<RecordedEvents.Met>().ShouldAllBe(met => met == new RecordedEvents.Met(IdentityOf(2), "10.0.0.2:7001"));
        behind.Events.Of<RecordedEvents.Up>().ShouldBeEmpty();
        await behind.Log.UntilLine("node 2 of this cluster", "let in when it dials again");
        await newer.Log.UntilLine("node 1 at", "lets it in when it dials again");
        behind.Log.Lines.ShouldNotContain(line => line.Contains("raftmq cluster add", StringComparison.Ordinal), "nobody has to do anything");

        behind.Network.SetPeers(PeersAt(ports, 2));
        await behind.Events.UntilUp(newer.Server);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nowhere")]
    public async Task What_is_no_address_is_as_if_it_had_not_been_said(string address)
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode behind = TestNode.Start(IdentityOf(1), ports, options => options with { Peers = new Dictionary<NodeId, string>() });
        await using TestNode newer = TestNode.Start(IdentityOf(2), ports, options => options with { Address = address, Peers = PeersAt(ports, 1) });

        await behind.Events.UntilMet(IdentityOf(2));
        behind.Events.Of<RecordedEvents.Met>().ShouldAllBe(met => met.Address == null);
    }

    [Fact]
    public async Task A_member_that_moves_keeps_its_link_and_is_dialled_elsewhere_when_it_comes_back()
    {
        IReadOnlyDictionary<uint, int> before = TestNode.FreePorts(1, 2, 3);
        await using TestNode stays = TestNode.Start(IdentityOf(1), before, options => options with { Peers = PeersAt(before, 2) });
        TestNode moves = TestNode.Start(IdentityOf(2), before, options => options with { Peers = PeersAt(before, 1) });
        await stays.Events.UntilUp(moves.Server);

        // Node 2 takes what was to be node 3's port.
        IReadOnlyDictionary<uint, int> after = new Dictionary<uint, int> { [1] = before[1], [2] = before[3] };
        stays.Network.SetPeers(PeersAt(after, 2));
        stays.Events.Of<RecordedEvents.Down>().ShouldBeEmpty();
        await moves.DisposeAsync();
        await stays.Events.UntilDown(moves.Server);

        await using TestNode moved = TestNode.Start(IdentityOf(2), after);
        await stays.Events.UntilUp(moved.Server, times: 2);
        await moved.Events.UntilUp(stays.Server);
    }

    [Fact]
    public async Task Where_a_member_was_said_to_be_at_the_start_is_tried_when_it_is_not_where_the_cluster_says()
    {
        IReadOnlyDictionary<uint, int> told = TestNode.FreePorts(1, 2, 3);
        await using TestNode stays = TestNode.Start(IdentityOf(1), told, options => options with { Peers = PeersAt(told, 2) });
        stays.Network.SetPeers(PeersAt(new Dictionary<uint, int> { [2] = told[3] }, 2));

        await using TestNode other = TestNode.Start(IdentityOf(2), told, options => options with { Peers = PeersAt(told, 1) });
        await stays.Events.UntilUp(other.Server);
        await other.Events.UntilUp(stays.Server);
    }

    private static ServerIdentity IdentityOf(uint node) => new(Cluster, TestNode.Id(node));

    private static Dictionary<NodeId, string> PeersAt(IReadOnlyDictionary<uint, int> ports, params uint[] nodes) =>
        nodes.ToDictionary(node => new NodeId(node), node => $"127.0.0.1:{ports[node]}");
}
