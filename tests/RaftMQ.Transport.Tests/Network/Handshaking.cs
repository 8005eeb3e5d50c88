using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Network;

/// <summary>Who may talk to whom, between real networks.</summary>
[Collection("loopback")]
public sealed class Handshaking
{
    private static readonly ClusterId Ours = new(42);
    private static readonly ClusterId Theirs = new(7);

    [Fact]
    public async Task An_unborn_node_and_a_born_one_are_linked_and_the_link_outlives_the_birth()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode born = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        await using TestNode unborn = TestNode.Start(new ServerIdentity(ClusterId.None, TestNode.Id(2)), ports);
        await Task.WhenAll(born.Events.UntilUp(unborn.Server), unborn.Events.UntilUp(born.Server));

        unborn.Network.TrySend(new ForwardCancel(unborn.Server, born.Server, 1)).ShouldBeTrue();
        unborn.Identify(unborn.Self with { Cluster = Ours });
        unborn.Network.TrySend(new ForwardCancel(unborn.Server, born.Server, 2)).ShouldBeTrue();
        await born.Events.UntilMessages(2);

        born.Events.Of<RecordedEvents.Got>().Select(got => got.Cluster).ShouldBe([ClusterId.None, Ours]);
        born.Events.Of<RecordedEvents.Up>().Count.ShouldBe(1);
        born.Events.Of<RecordedEvents.Met>().ShouldContain(new RecordedEvents.Met(new ServerIdentity(ClusterId.None, unborn.Server)));
    }

    [Fact]
    public async Task Nodes_of_two_clusters_meet_and_refuse_each_other_and_both_say_so()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode one = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        await using TestNode two = TestNode.Start(new ServerIdentity(Theirs, TestNode.Id(2)), ports);

        await one.Events.UntilMet(two.Self);
        await two.Events.UntilMet(one.Self);
        await one.Log.UntilLine("node 2", "refused this node", "different clusters", "empty data folder");
        await one.Log.UntilLine("2/66 dialled", "was refused", "different clusters");
        await two.Log.UntilLine("node 1", "refused this node", "different clusters");

        one.Events.Of<RecordedEvents.Up>().ShouldBeEmpty();
        one.Network.TrySend(new ForwardCancel(one.Server, two.Server, 1)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_refused_peer_is_dialled_again_so_that_a_birth_given_up_is_seen()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode one = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports, Soon);
        await using TestNode two = TestNode.Start(new ServerIdentity(Theirs, TestNode.Id(2)), ports, Soon);
        await one.Events.UntilMet(two.Self);

        two.Identify(new ServerIdentity(ClusterId.None, TestNode.Id(2, incarnation: 9)));

        await one.Events.UntilUp(two.Server);
        await two.Events.UntilUp(one.Server);
        one.Events.Of<RecordedEvents.Down>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_life_of_a_connected_node_shakes_hands_anew()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode one = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        await using TestNode two = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(2)), ports);
        ServerId before = two.Server;
        await Task.WhenAll(one.Events.UntilUp(before), two.Events.UntilUp(one.Server));

        two.Identify(new ServerIdentity(ClusterId.None, TestNode.Id(2, incarnation: 9)));
        await one.Events.UntilUp(two.Server);

        one.Events.Of<object>().Where(happened => happened is RecordedEvents.Up or RecordedEvents.Down).ShouldBe(
            [new RecordedEvents.Up(before, new ClusterVersions(1, 1)), new RecordedEvents.Down(before), new RecordedEvents.Up(two.Server, new ClusterVersions(1, 1))]);
        one.Network.TrySend(new ForwardCancel(one.Server, before, 1)).ShouldBeFalse();
        one.Network.TrySend(new ForwardCancel(one.Server, two.Server, 2)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_link_ends_when_its_unborn_end_is_born_into_another_cluster()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode one = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        await using TestNode two = TestNode.Start(new ServerIdentity(ClusterId.None, TestNode.Id(2)), ports);
        await Task.WhenAll(one.Events.UntilUp(two.Server), two.Events.UntilUp(one.Server));

        two.Identify(two.Self with { Cluster = Theirs });

        await one.Events.UntilDown(two.Server);
        await two.Events.UntilDown(one.Server);
        await one.Log.UntilLine("different clusters");
    }

    [Fact]
    public async Task A_frame_of_another_cluster_ends_the_link()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        using RawPeer peer = await RawPeer.IntroduceAsync(ports[1], new ServerIdentity(Ours, TestNode.Id(2)), node.Server);

        await peer.SendAsync(Frames.Of(Theirs, new ForwardCancel(TestNode.Id(2), node.Server, 1)));

        Introduction answer = await peer.ReadIntroductionAsync();
        answer.Reason.ShouldBe(RefusalReason.OtherCluster);
        (await peer.IsClosedAsync()).ShouldBeTrue();
        node.Events.Messages.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(2, 3, RefusalReason.WrongNode)]
    [InlineData(9, 1, RefusalReason.NotAMember)]
    [InlineData(1, 1, RefusalReason.SameNode)]
    internal async Task A_dialler_who_is_not_meant_is_told_why(uint node, uint expects, RefusalReason reason)
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode acceptor = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        using RawPeer peer = await RawPeer.ConnectAsync(ports[1]);

        await peer.SendAsync(Frames.Hello(new ServerIdentity(Ours, TestNode.Id(node)), TestNode.Id(expects)));

        Introduction answer = await peer.ReadAnswerAsync();
        answer.Type.ShouldBe(FrameType.Refusal);
        answer.Reason.ShouldBe(reason);
        answer.Identity.ShouldBe(acceptor.Self);
        (await peer.IsClosedAsync()).ShouldBeTrue();
        string[] line = reason == RefusalReason.NotAMember
            ? [$"node {node} of this cluster", "is no member known here", "let in when it dials again"]
            : [$"{TestNode.Id(node)} dialled", HandshakeRules.Advice(reason, byPeer: false, Frames.Version1, Frames.Version1)];
        await acceptor.Log.UntilLine(line);
    }

    [Fact]
    public async Task Another_version_is_refused_and_named()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        using RawPeer peer = await RawPeer.ConnectAsync(ports[1]);
        byte[] hello = Frames.Hello(new ServerIdentity(Ours, TestNode.Id(2)), node.Server);
        hello[PeerNetwork.Magic.Length] = 2;

        await peer.SendAsync(hello);

        (await peer.ReadAnswerAsync()).Reason.ShouldBe(RefusalReason.Version);
        (await peer.IsClosedAsync()).ShouldBeTrue();
        await node.Log.UntilLine(peer.Local.ToString()!, "version 2");
        node.Events.Of<RecordedEvents.Met>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_second_incarnation_is_refused_while_the_first_is_connected_and_taken_when_it_has_gone()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        var first = new ServerIdentity(Ours, TestNode.Id(2, incarnation: 5));
        var second = new ServerIdentity(Ours, TestNode.Id(2, incarnation: 6));
        RawPeer connected = await RawPeer.IntroduceAsync(ports[1], first, node.Server);

        using (RawPeer refused = await RawPeer.ConnectAsync(ports[1]))
        {
            await refused.SendAsync(Frames.Hello(second, node.Server));
            (await refused.ReadAnswerAsync()).Reason.ShouldBe(RefusalReason.OtherIncarnation);
        }

        await node.Events.UntilMet(second);
        connected.Dispose();
        RefusalReason answer;
        do
        {
            using RawPeer again = await RawPeer.ConnectAsync(ports[1]);
            await again.SendAsync(Frames.Hello(second, node.Server));
            answer = (await again.ReadAnswerAsync()).Reason;
        }
        while (answer == RefusalReason.OtherIncarnation);

        answer.ShouldBe(RefusalReason.None);
    }

    [Fact]
    public async Task A_second_connection_of_the_same_incarnation_takes_the_place_of_the_first()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        var peer = new ServerIdentity(Ours, TestNode.Id(2));
        using RawPeer first = await RawPeer.IntroduceAsync(ports[1], peer, node.Server);

        using RawPeer second = await RawPeer.IntroduceAsync(ports[1], peer, node.Server);
        (await first.IsClosedAsync()).ShouldBeTrue();

        await second.SendAsync(Frames.Of(Ours, new ForwardCancel(peer.Server, node.Server, 1)));
        await node.Events.UntilMessages(1);
    }

    [Fact]
    public async Task Messages_from_or_to_another_server_than_the_handshakes_are_dropped()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2, 3);
        await using TestNode node = TestNode.Start(new ServerIdentity(Ours, TestNode.Id(1)), ports);
        var self = new ServerIdentity(Ours, TestNode.Id(2));
        using RawPeer peer = await RawPeer.IntroduceAsync(ports[1], self, node.Server);

        await peer.SendAsync(Frames.Of(Ours, new ForwardCancel(TestNode.Id(3), node.Server, 1)));
        await peer.SendAsync(Frames.Of(Ours, new ForwardCancel(TestNode.Id(2, incarnation: 9), node.Server, 2)));
        await peer.SendAsync(Frames.Of(Ours, new ForwardCancel(self.Server, TestNode.Id(1, incarnation: 9), 3)));
        await peer.SendAsync(Frames.Of(Ours, new ForwardCancel(self.Server, node.Server, 4)));
        await node.Events.UntilMessages(1);

        node.Events.Messages.ShouldBe([new ForwardCancel(self.Server, node.Server, 4)]);
    }

    private static PeerNetworkOptions Soon(PeerNetworkOptions options) =>
        options with { Timeouts = new PeerTimeouts { RefusedRedial = TimeSpan.FromMilliseconds(50) } };
}
