using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Replica.Peers;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Invariants;

/// <summary>What a node says about its disk was durable before it said so (I8, Figure 2: "updated on stable storage before responding").</summary>
internal sealed partial class Ghost
{
    private readonly Dictionary<(ServerId From, ServerId To), Canvass> _lastAsked = [];

    /// <summary>A server was asked for its vote.</summary>
    /// <param name="Term">In which term.</param>
    /// <param name="WasEarlier">Whether the server was in an earlier term, and so free to vote.</param>
    /// <param name="IsStale">Whether the candidate's log was less up to date than the server's.</param>
    private readonly record struct Canvass(Term Term, bool WasEarlier, bool IsStale);

    /// <summary>A node handles a message.</summary>
    public void OnHandling(SimulatedNode node, PeerMessage message)
    {
        switch (message)
        {
            case RaftPeerMessage { Message: RequestVote { PreVote: false } request }:
                OnAskedForVote(node, request);
                break;
            case RaftPeerMessage { Message: AppendEntries { Entries.Length: > 0 } request }:
                ImageOf(node.Replica!.Identity.Server).Received.Add(request);
                break;
            case RaftPeerMessage { Message: (AppendEntriesResponse or InstallSnapshotResponse) and var response }:
                OnAnswered(node, response);
                break;
            default:
                break;
        }
    }

    private void OnAskedForVote(SimulatedNode node, RequestVote request)
    {
        RaftCore core = node.Replica!.Core;
        (ServerId, ServerId) pair = (request.From, node.Replica.Identity.Server);
        bool isRepeated = _lastAsked.TryGetValue(pair, out Canvass before) && before.Term == request.Term;
        if (!isRepeated)
        {
            _lastAsked[pair] = new Canvass(request.Term, core.CurrentTerm < request.Term, !request.LastLog.IsAtLeastAsUpToDateAs(core.Log.Last));
        }
    }

    /// <summary>A node sends a message.</summary>
    public void OnSending(SimulatedNode node, PeerMessage message)
    {
        ServerImage image = ImageOf(node.Replica!.Identity.Server);
        if (message is BirthCertificate)
        {
            Require(image.Reported.Last >= 1, image, "hands a birth on that is not durable there");
        }
        else if (message is RaftPeerMessage raft)
        {
            ClusterHistory history = HistoryOf(node.Replica.Identity.Cluster);
            OnSending(node, image, history, raft.Message);
        }
    }

    private void OnSending(SimulatedNode node, ServerImage image, ClusterHistory history, Message message)
    {
        HardState durable = image.Reported.HardState;
        switch (message)
        {
            case AppendEntries or InstallSnapshot or TimeoutNow or ReadIndexResponse:
                history.Ballots.Lead(message.From, message.Term);
                break;
            case RequestVote { PreVote: false }:
                history.Ballots.Vote(image.Server, message.Term, image.Server);
                Require(durable.CurrentTerm > message.Term || durable == new HardState(message.Term, image.Server), image, "asks for votes before its own is durable");
                break;
            case RequestVoteResponse { PreVote: false, Granted: true }:
                history.Ballots.Vote(image.Server, message.Term, message.To);
                Require(durable.CurrentTerm > message.Term || durable == new HardState(message.Term, message.To), image, "grants a vote that is not durable");
                break;
            case RequestVoteResponse { PreVote: true, Granted: true }:
                break;
            case RequestVoteResponse refusal:
                Require(durable.CurrentTerm >= message.Term, image, "claims a term that is not durable");
                CountRefusal(image, refusal);
                break;
            case AppendEntriesResponse response:
                Require(durable.CurrentTerm >= message.Term, image, "claims a term that is not durable");
                RequireHeld(node, image, history, response);
                break;
            case InstallSnapshotResponse response:
                Require(durable.CurrentTerm >= message.Term, image, "claims a term that is not durable");
                bool claims = response.IsInstalled && node.Replica!.Core.CurrentTerm == response.Term;
                Require(!claims || image.Reported.TermAt(response.Snapshot.Index.Value) == response.Snapshot.Term.Value, image, "claims a snapshot that is not installed");
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// An acknowledgement names what is durable. One of an earlier term that had waited for the disk may come after a later leader has replaced what it names: the
    /// earlier leader then has no majority that could do without that later leader's voters.
    /// </summary>
    private void RequireHeld(SimulatedNode node, ServerImage image, ClusterHistory history, AppendEntriesResponse response)
    {
        ulong match = response.MatchIndex.Value;
        RaftCore core = node.Replica!.Core;
        if (!response.Success || core.CurrentTerm != response.Term)
        {
            return;
        }

        ulong held = image.Reported.TermAt(match);
        Require(held != LogImage.NoEntry, image, "acknowledges an index that is not durable");
        if (history.Ballots.LeaderOf(response.Term.Value) is not { } leader || ImageOf(leader) is not { RoleSeen: Role.Leader } leads)
        {
            return;
        }

        bool stillLeads = leads.TermLed == response.Term.Value;
        Require(!stillLeads || leads.Given.TermAt(match) == held, image, "acknowledges an index at which the leader has another entry");
    }

    private void CountRefusal(ServerImage image, RequestVoteResponse refusal)
    {
        if (refusal.PreVote)
        {
            world.Reach.Count(Situation.PreVoteRefused);
            return;
        }

        // Who has gone over to the candidate's term for it knows of no leader that lives and has given its vote to nobody: only the log is left as a reason.
        bool hasFollowed = _lastAsked.TryGetValue((refusal.To, image.Server), out Canvass asked) && asked.WasEarlier && asked.Term == refusal.Term;
        if (hasFollowed && asked.IsStale)
        {
            world.Reach.Count(Situation.VoteRefusedStaleLog);
        }

        if (image.FollowsAVoter)
        {
            world.Reach.Count(Situation.WipedNodeRefusedVote);
        }
    }

    private void Require(bool holds, ServerImage image, string otherwise)
    {
        findings.Checks++;
        if (!holds)
        {
            findings.Report("I8", $"server {image.Server} {otherwise}; durable there: {image.Reported.Last}@{image.Reported.LastTerm}, {image.Reported.HardState}");
        }
    }
}
