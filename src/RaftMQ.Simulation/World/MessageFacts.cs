using RaftMQ.Consensus.Messages;
using RaftMQ.Replica.Peers;
using RaftMQ.Simulation.Traces;

namespace RaftMQ.Simulation.World;

/// <summary>What the trace says of a message.</summary>
internal static class MessageFacts
{
    public static (TraceKind Kind, long Term, long C, long D) Of(PeerMessage message) => message switch
    {
        RaftPeerMessage raft => Of(raft.Message),
        ForwardRequest => (TraceKind.Forward, 0, 0, 0),
        ForwardResponse answer => (TraceKind.ForwardReply, 0, (long)answer.Verdict, (long)answer.Position.Index.Value),
        ForwardCancel => (TraceKind.ForwardCancel, 0, 0, 0),
        _ => (TraceKind.Certificate, 1, 0, 0),
    };

    private static (TraceKind Kind, long Term, long C, long D) Of(Message message)
    {
        long term = (long)message.Term.Value;
        return message switch
        {
            AppendEntries append => (TraceKind.Append, term, (long)append.Previous.Index.Value, append.Entries.Length),
            AppendEntriesResponse reply => (TraceKind.AppendReply, term, (long)reply.MatchIndex.Value, (long)reply.Conflict.Index.Value),
            RequestVote ask => (TraceKind.VoteAsked, term, (long)ask.LastLog.Index.Value, ask.PreVote ? 1 : 0),
            RequestVoteResponse vote => (TraceKind.VoteReply, term, vote.Granted ? 1 : 0, vote.PreVote ? 1 : 0),
            ReadIndexRequest => (TraceKind.ReadAsked, term, 0, 0),
            ReadIndexResponse read => (TraceKind.ReadReply, term, (long)read.Index.Value, 0),
            InstallSnapshot install => (TraceKind.Install, term, (long)install.Snapshot.Index.Value, install.Offset),
            InstallSnapshotResponse reply => (TraceKind.InstallReply, term, (long)reply.Snapshot.Index.Value, reply.IsInstalled ? -1 : reply.NextOffset),
            Reminder reminder => (TraceKind.Reminder, term, (long)reminder.MatchIndex.Value, (long)reminder.LeftAt.Index.Value),
            _ => (TraceKind.TimeoutNow, term, 0, 0),
        };
    }
}
