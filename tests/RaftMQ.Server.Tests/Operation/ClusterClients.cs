using System.Net;
using System.Net.Sockets;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Replica.Requests;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Operation;
using RaftMQ.Server.Tests.Http;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Server.Tests.Operation;

/// <summary>Whom <c>raftmq cluster</c> asks: real ports, with fake nodes behind them.</summary>
public sealed class ClusterClients : IAsyncLifetime
{
    private const string Nowhere = "127.0.0.1:1";

    private readonly List<string> _heard = [];
    private Service _one = null!;
    private Service _two = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => (_one, _two) = (await Service.StartAsync(), await Service.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task A_change_goes_to_the_leader_whoever_is_asked()
    {
        Say(_one, node: 1, leader: 2);
        Say(_two, node: 2, leader: 2);
        using ClusterClient cluster = ClientOf(_one);

        await cluster.SendAsync(HttpMethod.Delete, "members/3", null, 30, Cancelled);

        _one.Node.Changes.ShouldBeEmpty();
        _two.Node.Changes.ShouldBe([new MemberRemoval(new NodeId(3))]);
        _heard.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_leader_of_another_cluster_at_the_address_of_a_member_is_passed_over_and_named()
    {
        Say(_one, node: 1, leader: null);
        Say(_two, node: 2, leader: 2, cluster: 2);
        using ClusterClient cluster = ClientOf(_one);

        (await cluster.ReportAsync(Cancelled)).Node.ShouldBe(1u);
        await cluster.SendAsync(HttpMethod.Delete, "members/3", null, 30, Cancelled);

        _two.Node.Changes.ShouldBeEmpty();
        _heard.ShouldBe([$"http://{_two.Address} belongs to cluster {new ClusterId(2)}, and this is about cluster {new ClusterId(1)}; it is passed over"]);
    }

    [Fact]
    public async Task A_leader_is_asked_where_it_has_answered_though_its_members_say_otherwise()
    {
        Say(_one, node: 1, leader: 1, addressOfOne: Nowhere);
        using ClusterClient cluster = ClientOf(_one);

        await cluster.SendAsync(HttpMethod.Delete, "members/3", null, 30, Cancelled);

        _one.Node.Changes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_leader_that_others_go_on_naming_and_that_cannot_be_asked_is_given_up_by_name()
    {
        Say(_one, node: 1, leader: 2, addressOfTwo: Nowhere);
        _one.Node.ChangeEnds = new ChangeResult(ChangeOutcome.NotLeader, null, new NodeId(2));
        using ClusterClient cluster = ClientOf(_one);

        CommandFailedException failure = await Should.ThrowAsync<CommandFailedException>(() => cluster.SendAsync(HttpMethod.Delete, "members/3", null, 30, Cancelled));

        failure.Message.ShouldStartWith($"node 2 leads, but http://{Nowhere} cannot be asked: ");
        failure.Message.ShouldEndWith(
            "; if node 2 runs, and listens for clients elsewhere, tell the cluster there: raftmq cluster move 2 --client HOST:PORT --peer 127.0.0.1:7002 --url http://HOST:PORT");
        failure.Message.ShouldNotContain("name another", customMessage: "the others would say the same of it");
        _one.Node.Changes.Count.ShouldBeLessThan(30, "it is not waited for as long as for an election");
    }

    [Theory]
    [InlineData(false, "the cluster has no leader at the moment; nothing was done; send it again; "
        + "node 1 has no link with node 2, and 2 of 2 voters are needed to elect a leader: start what does not run; "
        + "if too many folders are lost for good: raftmq recover (docs/guides/recover-from-losing-a-majority.md)")]
    [InlineData(true, "the cluster has not answered; the same command asks again")]
    public async Task A_change_is_asked_for_no_longer_than_is_to_be_waited_and_the_first_refusal_is_told(bool isSilent, string last)
    {
        Say(_one, node: 1, leader: null);
        Say(_two, node: 2, leader: null);
        _one.Node.ChangeEnds = new ChangeResult(ChangeOutcome.NotLeader, null, null);
        _one.Node.HoldsChanges = isSilent;
        using ClusterClient cluster = ClientOf(_one);

        CommandFailedException failure = await Should.ThrowAsync<CommandFailedException>(() => cluster.SendAsync(HttpMethod.Delete, "members/3", null, 1, Cancelled));

        failure.Message.ShouldBe($"not begun after 1 s, as far as is known: {last}");
        _heard.ShouldBe(isSilent ? [] : [$"{last}; asked again for 1 s at most"]);
        _one.Node.Changes.Count.ShouldBeInRange(1, 3);
    }

    [Fact]
    public async Task A_leader_that_is_no_member_any_more_is_not_the_leader_that_a_removal_ends_with()
    {
        Say(_one, node: 3, leader: 3);
        Say(_two, node: 2, leader: 3);
        using ClusterClient cluster = ClientOf(_one);
        Task watching = cluster.UntilAsync(_ => null, 30, Cancelled);
        await Eventually(() => _heard.Count > 0);

        Say(_two, node: 2, leader: 2);
        await watching;

        _heard.ShouldBe(["done, and the members elect a leader"]);
    }

    /// <summary>The first answer was lost, or came too late: whoever leads by then was handed it, and would hand it on.</summary>
    [Theory]
    [InlineData(null, 1, 0)]
    [InlineData(2u, 1, 1)]
    public async Task Leadership_is_handed_over_once(uint? heir, int askedOne, int askedTwo)
    {
        Say(_one, node: 1, leader: 1);
        _one.Node.ChangeEnds = new ChangeResult(ChangeOutcome.OutcomeUnknown, null, null);
        using var cluster = new ClusterClient([new Uri($"http://{_one.Address}")], "name another", text =>
        {
            _heard.Add(text);
            Say(_one, node: 1, leader: 2);
            Say(_two, node: 2, leader: 2);
        });

        await cluster.TransferAsync(heir, Cancelled);

        _heard.Count.ShouldBe(1);
        (_one.Node.Changes.Count, _two.Node.Changes.Count).ShouldBe((askedOne, askedTwo), "to ask a named heir again does no harm");
    }

    [Theory]
    [InlineData("http", "is it the address for clients?; name another")]
    [InlineData("https", "nodes speak plain http, and this is https; name another")]
    public async Task Who_does_not_speak_http_is_not_asked_and_the_reason_is_said(string scheme, string words)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task hangingUp = HangUpAsync(listener);
        using var cluster = new ClusterClient([new Uri($"{scheme}://{listener.LocalEndpoint}")], "name another", _heard.Add);

        CommandFailedException failure = await Should.ThrowAsync<CommandFailedException>(() => cluster.ReportAsync(Cancelled));

        failure.Message.ShouldEndWith(words);
        listener.Stop();
        await Should.ThrowAsync<Exception>(() => hangingUp);
    }

    /// <summary>A machine whose process is stopped lets connections in, and says nothing; with a full backlog, or no power, not even that.</summary>
    [Theory]
    [InlineData(false, "there is no answer within 5 s; name another")]
    [InlineData(true, "it lets no connection in within 2 s; name another")]
    public async Task Who_is_silent_is_waited_for_no_longer_than_an_answer_takes(bool isFull, string words)
    {
        using Socket silent = ListenInSilence();
        using var callers = new Callers(silent, isFull ? 8 : 0);
        using ClusterClient cluster = ClientOf(silent);

        CommandFailedException failure = await Should.ThrowAsync<CommandFailedException>(() => cluster.ReportAsync(Cancelled));

        failure.Message.ShouldBe($"http://{silent.LocalEndPoint} cannot be asked: {words}");
    }

    [Fact]
    public async Task All_that_a_command_asks_ends_with_what_is_to_be_waited()
    {
        using Socket silent = ListenInSilence();
        using ClusterClient cluster = ClientOf(silent);

        (await Should.ThrowAsync<CommandFailedException>(() => cluster.ReportAsync(1, Cancelled)))
            .Message.ShouldBe("no node has said after 1 s who the members are; nothing was asked for");
        (await Should.ThrowAsync<CommandFailedException>(() => cluster.UntilAsync(_ => null, 1, Cancelled)))
            .Message.ShouldBe("not done after 1 s: no node has said who the members are; the cluster goes on with it, and the same command watches again");
    }

    [Theory]
    [InlineData(2u, "node 1 says that node 2 leads, which does not answer at http://")]
    [InlineData(null, "node 1 does not lead, and another does not answer at http://")]
    public async Task Where_one_has_answered_it_is_said_who_is_silent(uint? leader, string who)
    {
        using Socket silent = ListenInSilence();
        Say(_one, node: 1, leader, addressOfTwo: silent.LocalEndPoint!.ToString());
        using ClusterClient cluster = ClientOf(_one);
        string known = $"{who}{silent.LocalEndPoint}";

        (await Should.ThrowAsync<CommandFailedException>(() => cluster.ReportAsync(1, Cancelled))).Message.ShouldBe($"{known} within 1 s; nothing was asked for");
        (await Should.ThrowAsync<CommandFailedException>(() => cluster.SendAsync(HttpMethod.Delete, "members/3", null, 1, Cancelled)))
            .Message.ShouldBe($"not begun after 1 s, as far as is known: {known}; the same command asks again");
        (await Should.ThrowAsync<CommandFailedException>(() => cluster.UntilAsync(_ => null, 1, Cancelled)))
            .Message.ShouldBe($"not done after 1 s: {known}; the cluster goes on with it, and the same command watches again");
    }

    [Fact]
    public async Task What_is_not_done_in_time_is_said_with_how_to_take_it_back()
    {
        Say(_one, node: 1, leader: 1);
        using ClusterClient cluster = ClientOf(_one);

        (await Should.ThrowAsync<CommandFailedException>(() => cluster.UntilAsync(_ => "node 4 is not there yet", 1, Cancelled, undo: "raftmq cluster remove 4")))
            .Message.ShouldBe(
                "not done after 1 s: node 4 is not there yet; the cluster goes on with it, and the same command watches again; what takes it back: raftmq cluster remove 4");
    }

    [Fact]
    public async Task A_leader_that_was_found_is_asked_first_from_then_on()
    {
        Say(_one, node: 1, leader: 2);
        Say(_two, node: 2, leader: 2);
        using ClusterClient cluster = ClientOf(_one);
        (await cluster.ReportAsync(Cancelled)).Node.ShouldBe(2u);

        Say(_one, node: 1, leader: 1);

        (await cluster.ReportAsync(Cancelled)).Node.ShouldBe(2u, "both say that they lead, and it is the first that is asked");
    }

    private static Socket ListenInSilence()
    {
        var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen(1);
        return silent;
    }

    private ClusterClient ClientOf(Socket silent) => new([new Uri($"http://{silent.LocalEndPoint}")], "name another", _heard.Add);

    /// <summary>As many as call at once: more than wait to be let in, so that nobody else is.</summary>
    private sealed class Callers : IDisposable
    {
        private readonly Socket[] _sockets;

        public Callers(Socket listener, int count)
        {
            _sockets = [.. Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false })];
            foreach (Socket socket in _sockets)
            {
                try
                {
                    socket.Connect(listener.LocalEndPoint!);
                }
                catch (SocketException underWay) when (underWay.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                    // Its call has left: on loopback it has been taken, or not, by now.
                }
            }
        }

        public void Dispose() => Array.ForEach(_sockets, socket => socket.Dispose());
    }

    /// <summary>As a port for peers does with what is no frame.</summary>
    private static async Task HangUpAsync(TcpListener listener)
    {
        while (true)
        {
            using Socket caller = await listener.AcceptSocketAsync(Cancelled);
            await caller.ReceiveAsync(new byte[4096], Cancelled);
        }
    }

    private static async Task Eventually(Func<bool> condition)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (int looks = 0; !condition(); looks++)
        {
            looks.ShouldBeLessThan(1_500);
            await look.WaitForNextTickAsync(Cancelled);
        }
    }

    private ClusterClient ClientOf(Service service) => new([new Uri($"http://{service.Address}")], "name another", _heard.Add);

    private void Say(Service service, uint node, uint? leader, uint cluster = 1, string? addressOfOne = null, string? addressOfTwo = null) => service.Node.Status = service.Node.Status with
    {
        Identity = new ServerIdentity(new ClusterId(cluster), new ServerId(new NodeId(node), node)),
        Leader = leader is { } known ? new NodeId(known) : null,
        Membership = new Membership(
        [
            new Member(new NodeId(1), 1, "127.0.0.1:7001", addressOfOne ?? _one.Address.ToString()),
            new Member(new NodeId(2), 2, "127.0.0.1:7002", addressOfTwo ?? _two.Address.ToString()),
        ]),
    };
}
