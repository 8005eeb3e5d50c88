using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica.Tests;

/// <summary>
/// A few replicas in one thread, with disks and links of the test's making. Time passes in ticks of ten milliseconds, and only when a test lets it.
/// </summary>
internal sealed class World
{
    private readonly SortedDictionary<uint, WorldNode> _nodes = [];
    private readonly HashSet<(uint, uint)> _cut = [];
    private readonly Queue<(PeerMessage Message, ClusterId Cluster)> _onTheWay = new();
    private readonly List<PeerMessage> _sent = [];
    private readonly Random _random;
    private ulong _lastId;

    /// <summary>Nodes of which those up to <paramref name="founders"/> found the cluster; the others know of them, and nobody of the others.</summary>
    public World(int seed, int nodes, Func<ReplicaOptions, ReplicaOptions>? configure = null, int? founders = null)
    {
        _random = new Random(seed);
        Member[] members = [.. Enumerable.Range(1, founders ?? nodes).Select(id => MemberOf((uint)id))];
        for (uint id = 1; id <= nodes; id++)
        {
            var options = new ReplicaOptions { Members = members, Seed = 0, FreshCluster = ClusterId.None };
            _nodes.Add(id, new WorldNode(this, id, configure?.Invoke(options) ?? options));
        }
    }

    public static Member MemberOf(uint id) => new(new NodeId(id), 0, $"peer{id}:1", $"client{id}:1");

    public long NowMs { get; private set; } = 1_000;

    public TickInput Clocks => new(NowMs, 1_700_000_000_000 + NowMs);

    public Random Random => _random;

    /// <summary>The share of messages that are lost although their link is up.</summary>
    public double Loss { get; set; }

    public IEnumerable<WorldNode> Nodes => _nodes.Values;

    public IEnumerable<WorldNode> Running => _nodes.Values.Where(node => node.IsRunning);

    public WorldNode this[uint id] => _nodes[id];

    public WorldNode? Leader => Running.Where(node => node.Replica.Core.Role == Role.Leader).MaxBy(node => node.Replica.Core.CurrentTerm.Value);

    public ulong DrawId() => ++_lastId + ((ulong)_random.Next() << 20);

    public void StartAll()
    {
        foreach (WorldNode node in Nodes.Where(node => !node.IsRunning))
        {
            node.Start();
        }
    }

    /// <summary>Starts the nodes and lets time pass until one leads.</summary>
    public WorldNode StartAndElect()
    {
        StartAll();
        Until(() => Leader is { Replica.Core.HasCommittedInOwnTerm: true } && Running.All(node => node.Replica.IsMember));
        return Leader!;
    }

    public bool IsLinked(uint a, uint b) => this[a].IsRunning && this[b].IsRunning && !_cut.Contains((a, b)) && !_cut.Contains((b, a));

    public void Cut(uint a, uint b) => _cut.Add((a, b));

    public void Isolate(uint id)
    {
        foreach (WorldNode other in Nodes.Where(node => node.Id != id))
        {
            Cut(id, other.Id);
        }
    }

    public void Heal() => _cut.Clear();

    public void Send(PeerMessage message, ClusterId cluster)
    {
        _sent.Add(message);
        _onTheWay.Enqueue((message, cluster));
    }

    /// <summary>The messages that were sent while something was done, and until nothing moved any more.</summary>
    public List<PeerMessage> SentDuring(Action action)
    {
        _sent.Clear();
        action();
        Settle();
        return [.. _sent];
    }

    /// <summary>Lets ticks pass. In each, links are looked after, messages arrive, disks complete and replicas end their turns.</summary>
    public void Pass(int ticks = 1)
    {
        for (int i = 0; i < ticks; i++)
        {
            NowMs += 10;
            foreach (WorldNode node in Running.ToArray())
            {
                node.TendLinks();
                node.Handle(Clocks);
            }

            Settle();
        }
    }

    /// <summary>Lets ticks pass until something is so.</summary>
    public void Until(Func<bool> condition, int atMostTicks = 3_000)
    {
        for (int i = 0; i < atMostTicks; i++)
        {
            if (condition())
            {
                return;
            }

            Pass();
        }

        throw new TimeoutException("it did not come to pass within " + atMostTicks + " ticks\n" + string.Join("\n", Nodes.Select(node => node.Describe())));
    }

    /// <summary>Delivers and completes until nothing moves within this tick.</summary>
    public void Settle()
    {
        for (int round = 0; round < 200; round++)
        {
            bool moved = false;
            foreach (WorldNode node in Running.ToArray())
            {
                moved |= node.EndTurn();
            }

            int arriving = _onTheWay.Count;
            for (int i = 0; i < arriving; i++)
            {
                (PeerMessage message, ClusterId cluster) = _onTheWay.Dequeue();
                moved = true;
                bool lost = Loss > 0 && _random.NextDouble() < Loss;
                uint to = message.To.Node.Value;
                if (!lost && IsLinked(message.From.Node.Value, to) && this[to].Replica.Identity.Server == message.To)
                {
                    this[to].Handle(new PeerMessageInput(cluster, message));
                }
            }

            if (!moved)
            {
                return;
            }
        }
    }

    /// <summary>Asks the leader for a change until it is done.</summary>
    public void Change(ClusterChange change)
    {
        TestChange? asked = null;
        Until(() =>
        {
            bool again = asked is null || (asked.IsDone && asked.Outcome is not (ChangeOutcome.Done or ChangeOutcome.Refused));
            asked = again && Leader is { } leader ? leader.Change(change) : asked;
            return asked?.IsDone == true && asked.Outcome is ChangeOutcome.Done or ChangeOutcome.Refused;
        });
        asked!.Reason.ShouldBeNull();
    }

    /// <summary>Whether these nodes vote, nobody else is a member, and all of them know it.</summary>
    public bool Votes(params uint[] nodes) => nodes.All(id => this[id].IsRunning && this[id].Replica.IsMember && this[id].Replica.Core is { IsMembershipCommitted: true } core
        && core.Membership!.Members.Select(member => member.Node.Value).SequenceEqual(nodes) && core.Membership.Members.All(member => member.Suffrage == Suffrage.Voter));

    public TestCommand Submit(uint node, byte[] command) => this[node].Submit(command);

    public RequestResult Do(uint node, byte[] command)
    {
        TestCommand request = Submit(node, command);
        Settle();
        Until(() => request.IsDone);
        return request.Result;
    }
}
