using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Network;

/// <summary>Real networks on loopback.</summary>
[Collection("loopback")]
public sealed class Links
{
    private static readonly ClusterId Cluster = new(42);

    [Fact]
    public async Task Three_nodes_exchange_messages_in_order()
    {
        const int Count = 20_000;
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2, 3);
        TestNode[] nodes = [.. ports.Keys.Select(node => TestNode.Start(new ServerIdentity(Cluster, TestNode.Id(node)), ports))];
        await Task.WhenAll(nodes.SelectMany(a => nodes.Where(b => a != b).Select(b => a.Events.UntilUp(b.Server))));

        await Task.WhenAll(nodes.Select(from => Task.Run(() =>
        {
            for (ulong i = 0; i < Count; i++)
            {
                foreach (TestNode to in nodes.Where(node => node != from))
                {
                    from.Network.TrySend(new ForwardCancel(from.Server, to.Server, i)).ShouldBeTrue();
                }
            }
        })));

        foreach (TestNode to in nodes)
        {
            await to.Events.UntilMessages(2 * Count);
            foreach (TestNode from in nodes.Where(node => node != to))
            {
                to.Events.Messages.Cast<ForwardCancel>().Where(message => message.From == from.Server).Select(message => message.Request)
                    .ShouldBe(Enumerable.Range(0, Count).Select(i => (ulong)i));
            }

            to.Events.Of<RecordedEvents.Got>().ShouldAllBe(got => got.Cluster == Cluster);
        }

        await Task.WhenAll(nodes.Select(node => node.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task A_peer_that_ends_is_reported_down_and_up_again_when_it_is_back()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode stays = TestNode.Start(new ServerIdentity(Cluster, TestNode.Id(1)), ports);
        TestNode ends = TestNode.Start(new ServerIdentity(Cluster, TestNode.Id(2)), ports);
        await stays.Events.UntilUp(ends.Server);

        await ends.DisposeAsync();
        await stays.Events.UntilDown(ends.Server);
        stays.Network.TrySend(new ForwardCancel(stays.Server, ends.Server, 1)).ShouldBeFalse();

        await using TestNode back = TestNode.Start(ends.Self, ports);
        await stays.Events.UntilUp(back.Server, times: 2);
        await back.Events.UntilUp(stays.Server);
        stays.Network.TrySend(new ForwardCancel(stays.Server, back.Server, 2)).ShouldBeTrue();
        await back.Events.UntilMessages(1);
        back.Events.Messages.ShouldBe([new ForwardCancel(stays.Server, back.Server, 2)]);
    }
}
