using RaftMQ.Consensus;

namespace RaftMQ.Simulation.Invariants;

/// <summary>What a server holds on to is bounded (I21): uncommitted entries, messages on the way, reads that wait.</summary>
internal sealed class Bounds(Findings findings, RaftOptions options, int maxPayloadBytes)
{
    /// <summary>A new leader's no-op and a change of the configuration are appended whatever else is uncommitted.</summary>
    private const int OwnEntries = 2;

    private readonly long _largestMessage = Math.Max(options.MaxAppendBytes, maxPayloadBytes);

    public void Check(RaftCore core, ServerId server)
    {
        findings.Checks++;
        (int here, int atTheLeader) = core.PendingReads;
        if (here > options.MaxPendingReads || atTheLeader > options.MaxPendingReads)
        {
            findings.Report("I21", $"{here} reads wait on server {server} and {atTheLeader} at its leader; {options.MaxPendingReads} may");
        }

        if (core.Role != Role.Leader)
        {
            return;
        }

        (int entries, long bytes) = core.Uncommitted;
        if (entries > options.MaxUncommittedEntries + OwnEntries || bytes > options.MaxUncommittedBytes + maxPayloadBytes)
        {
            findings.Report("I21", $"leader {server} holds {entries} entries of {bytes} bytes uncommitted; {options.MaxUncommittedEntries} of {options.MaxUncommittedBytes} may be");
        }

        foreach (PeerProgress peer in core.Peers)
        {
            if (peer.InFlightAppends > options.MaxInFlightAppends || peer.InFlightBytes > options.MaxInFlightBytes + _largestMessage)
            {
                findings.Report("I21", $"leader {server} has {peer.InFlightAppends} messages of {peer.InFlightBytes} bytes on the way to {peer.Server}");
            }
        }
    }
}
