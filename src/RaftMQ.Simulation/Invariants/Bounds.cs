using RaftMQ.Consensus;

namespace RaftMQ.Simulation.Invariants;

/// <summary>What a server holds on to is bounded (I21): uncommitted entries, messages on the way, reads that wait.</summary>
internal sealed class Bounds(Findings findings, RaftOptions options, int maxPayloadBytes)
{
    /// <summary>A new leader's no-op and a change of the configuration are appended whatever else is uncommitted.</summary>
    private const int OwnEntries = 2;

    /// <summary>A configuration of this world's nodes, whose addresses are short.</summary>
    private const int OwnBytes = 1_024;

    private readonly long _largestMessage = Math.Max(options.MaxAppendBytes, maxPayloadBytes);

    public void Check(RaftCore core, ServerImage image)
    {
        ServerId server = image.Server;
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

        (int entries, long uncommitted) = core.Uncommitted;
        if (entries > options.MaxUncommittedEntries + OwnEntries || uncommitted > options.MaxUncommittedBytes + maxPayloadBytes + OwnBytes)
        {
            findings.Report("I21", $"leader {server} holds {entries} entries of {uncommitted} bytes uncommitted; {options.MaxUncommittedEntries} of {options.MaxUncommittedBytes} may be");
        }

        foreach (PeerProgress peer in core.Peers)
        {
            // Counted by what the log has between the two indexes, whatever the leader itself has counted.
            long bytes = peer.IsReplicating ? image.Given.BytesUpTo(peer.NextIndex.Value - 1) - image.Given.BytesUpTo(peer.MatchIndex.Value) : 0;
            if (peer.InFlightAppends > options.MaxInFlightAppends || bytes > options.MaxInFlightBytes + _largestMessage)
            {
                findings.Report("I21", $"leader {server} has {peer.InFlightAppends} messages of {bytes} bytes on the way to {peer.Server}");
            }
        }
    }
}
