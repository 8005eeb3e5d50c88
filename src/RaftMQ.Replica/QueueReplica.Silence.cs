using RaftMQ.Consensus;

namespace RaftMQ.Replica;

/// <summary>
/// A leader's word on members that are silent: a process or a machine that hangs, or a network that loses everything, keeps its links for long, so that nothing else tells of it.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>After so many election timeouts without an answer it is said: one or two are a pause that passes by itself.</summary>
    private const int SilentTimeouts = 5;

    private readonly NodeMap<Silence> _silent = new();

    /// <summary>What was said of a member that does not answer.</summary>
    /// <param name="Server">Which: another incarnation of its node is another server.</param>
    /// <param name="SinceMs">Since when it has been silent.</param>
    /// <param name="Ticks">For how many ticks it had been when that was said: as soon as it is silent for less, it has answered.</param>
    private readonly record struct Silence(ServerId Server, long SinceMs, int Ticks);

    /// <summary>For how long another server has not answered this leader, in milliseconds; null if it has within an election timeout.</summary>
    public long? SilentMsOf(PeerProgress peer) => _core.IsActive(peer) ? null : (long)peer.SilentTicks * _options.TickMilliseconds;

    private void TendSilence()
    {
        foreach (PeerProgress peer in _core.Peers)
        {
            NodeId node = peer.Server.Node;
            bool isTold = _silent.TryGetValue(node, out Silence told);
            if (isTold && told.Server != peer.Server)
            {
                _silent.Remove(node);
            }
            else if (isTold && peer.SilentTicks < told.Ticks)
            {
                _silent.Remove(node);
                _ports.Report(EventLevel.Information, $"node {node} answers again, after {InSeconds(_nowMs - told.SinceMs)} s");
            }
            else if (!isTold && _linked.Contains(node) && SilentMsOf(peer) is { } silentMs && silentMs >= (long)SilentTimeouts * ElectionTimeoutMs)
            {
                _silent[node] = new Silence(peer.Server, _nowMs - silentMs, peer.SilentTicks);
                _ports.Report(
                    EventLevel.Warning,
                    $"node {node} has not answered for {InSeconds(silentMs)} s, though there is a link with it: its process or machine hangs, or the network loses what is sent; "
                    + "until it answers it counts as down");
            }
        }

        ForgetWhoIsNotWaitedFor();
    }

    /// <summary>Who leads no more waits for nobody, and nobody waits for who has left.</summary>
    private void ForgetWhoIsNotWaitedFor()
    {
        NodeId? over = null;
        foreach (Silence silence in _silent)
        {
            over = _core.Peers.Contains(silence.Server.Node) ? over : silence.Server.Node;
        }

        if (over is { } node)
        {
            _silent.Remove(node);
        }
    }

    private static string InSeconds(long milliseconds) => $"{milliseconds / 1_000}.{milliseconds % 1_000 / 100}";
}
