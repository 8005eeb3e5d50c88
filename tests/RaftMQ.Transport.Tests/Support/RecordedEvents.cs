using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Transport.Tests.Support;

/// <summary>Keeps everything a network tells its owner, and lets a test wait for it rather than sleep.</summary>
internal sealed class RecordedEvents : IPeerEvents
{
    /// <summary>Far beyond what anything here takes; reached only by a test that fails.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<object> _all = [];
    private TaskCompletionSource _more = New();

    public sealed record Met(ServerIdentity Peer, string? Address = null);

    public sealed record Stranger(NodeId Node, ClusterVersions Understands);

    public sealed record Up(ServerId Server, ClusterVersions Understands);

    public sealed record Down(ServerId Server);

    public sealed record Got(ClusterId Cluster, PeerMessage Message);

    public IReadOnlyList<T> Of<T>()
    {
        lock (_gate)
        {
            return [.. _all.OfType<T>()];
        }
    }

    /// <summary>How long the owner is busy with each message.</summary>
    public int SpinsPerMessage { get; set; }

    public IReadOnlyList<PeerMessage> Messages => [.. Of<Got>().Select(got => got.Message)];

    public Task UntilUp(ServerId server, int times = 1) =>
        Until(() => Of<Up>().Count(up => up.Server == server) >= times, $"{server} up {times} times");

    public Task UntilDown(ServerId server, int times = 1) => Until(() => Of<Down>().Count(down => down.Server == server) >= times, $"{server} down");

    public Task UntilMessages(int count) => Until(() => Of<Got>().Count >= count, $"{count} messages");

    public Task UntilMet(ServerIdentity peer, int times = 1) => Until(() => Of<Met>().Count(met => met.Peer == peer) >= times, $"{peer} met");

    public async Task Until(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                more = _more.Task;
            }

            if (condition())
            {
                return;
            }

            try
            {
                await more.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"waited {Patience.TotalSeconds} s for: {what}; happened: {string.Join(", ", Of<object>().TakeLast(20))}");
            }
        }
    }

    public void OnPeerMet(ServerIdentity peer, string? address) => Add(new Met(peer, address));

    public void OnStranger(NodeId node, ClusterVersions understands) => Add(new Stranger(node, understands));

    public void OnLinkUp(ServerId server, ClusterVersions understands) => Add(new Up(server, understands));

    public void OnLinkDown(ServerId server) => Add(new Down(server));

    public void OnMessage(ClusterId cluster, PeerMessage message)
    {
        Thread.SpinWait(SpinsPerMessage);
        Add(new Got(cluster, message));
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Add(object what)
    {
        TaskCompletionSource more;
        lock (_gate)
        {
            _all.Add(what);
            more = _more;
            _more = New();
        }

        more.SetResult();
    }
}
