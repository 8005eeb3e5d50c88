using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>Leader election: §5.2, the restriction of §5.4.1, pre-votes (thesis §9.6), and no vote against a leader that lives (thesis §4.2.3).</summary>
public sealed partial class RaftCore
{
    /// <summary>
    /// How often a suspicion asks again for pre-votes, a heartbeat or two apart: the others may learn of the broken link a moment later, and pre-votes
    /// disturb nobody.
    /// </summary>
    private const int SuspicionRetries = 4;

    private readonly ElectionTimeout _timeout;
    private readonly HashSet<ServerId> _votes = [];
    private readonly HashSet<ServerId> _refusals = [];
    private ServerId? _leaderBefore;
    private int _electionElapsed;
    private int _electionTimeout;
    private int _campaignIn = -1;
    private int _retriesLeft;
    private bool _suspectsLeader;
    private bool _isPreVote;

    /// <summary>The shortest election timeout at the moment, in ticks: as the leader announced it, or as this server finds it while it leads.</summary>
    public int ElectionTimeoutTicks => _timeout.Ticks;

    /// <summary>
    /// Whether this server may become leader: it sits in a seat, or it has been taken from it by a configuration that may not be committed yet. Such a one may be needed to commit that:
    /// nobody else may have it (thesis §4.2.2, figure 4.6). It does not count itself. Once it is told that this is committed, it is not needed any more.
    /// </summary>
    private bool MayCampaign => Membership is { } membership && !IsToldThatItLeft
        && (membership.Counts(_options.Self) || (!IsMembershipCommitted && _memberships.Count > 1 && _memberships[^2].Membership.Counts(_options.Self)));

    /// <summary>Whether this server has reason to believe that there is no leader: it has not heard one for an election timeout, or its link broke.</summary>
    private bool BelievesLeaderDead => Leader is null || _suspectsLeader || (Role != Role.Leader && _electionElapsed >= _timeout.Ticks);

    private void TickElection()
    {
        _electionElapsed++;
        bool ownVoteIsUnderWay = Role == Role.Candidate && !_isPreVote && _durableTerm != CurrentTerm;
        if (!MayCampaign || ownVoteIsUnderWay || IsInstallingSnapshot)
        {
            // A disk that takes longer than the timeout would else never catch up with the campaigns. And a log that is being replaced says nothing of who may lead.
            return;
        }

        bool suspicionIsRipe = _campaignIn >= 0 && _campaignIn-- == 0;
        bool isAlone = Membership!.Voters.Count == 1 && Membership.Counts(_options.Self);
        if (suspicionIsRipe || isAlone || _electionElapsed >= _electionTimeout)
        {
            bool votesAreLate = !suspicionIsRipe && Role == Role.Candidate && !_isPreVote && !HaveAnswered(except: null);
            if (votesAreLate)
            {
                _timeout.Double();
            }

            _retriesLeft = suspicionIsRipe ? _retriesLeft : SuspicionRetries;
            Campaign(preVote: true, byTransfer: false);
        }

        if (suspicionIsRipe && Role == Role.Candidate && _isPreVote && _retriesLeft-- > 0)
        {
            _campaignIn = _options.HeartbeatTicks + _random.Next(_options.HeartbeatTicks);
        }
    }

    private void Suspect(ServerId server)
    {
        if (Role == Role.Follower && Leader == server && !_suspectsLeader)
        {
            _suspectsLeader = true;
            _leaderBefore = server;
            _campaignIn = TicksOfGrace;
            _retriesLeft = SuspicionRetries;
        }
    }

    /// <summary>
    /// Those who lose their leader at the same moment would split the vote (§5.2): each lets those before it in the order of nodes, beginning behind the former leader, have about the time
    /// of an election. It is a courtesy and no rule: whoever is behind with its log loses, and the next has its turn.
    /// </summary>
    private int TicksOfGrace
    {
        get
        {
            ServerId[] voters = [.. Membership!.NewVoters];
            int former = _leaderBefore is { } leader ? Array.FindIndex(voters, voter => voter.Node == leader.Node) : -1;
            int own = Array.IndexOf(voters, _options.Self);
            int before = own < 0 ? voters.Length : (own - former - 1 + voters.Length) % voters.Length;
            return before * (1 + (_options.HeartbeatTicks / 2));
        }
    }

    /// <summary>Everybody who can be reached has voted, and it is not enough: waiting for the timer would only cost time. The former leader is the one that cannot be, as it seems.</summary>
    private bool HasLostTheVote => Role == Role.Candidate && !_isPreVote && HaveAnswered(except: _leaderBefore);

    private bool HaveAnswered(ServerId? except) =>
        Membership!.Voters.All(voter => _votes.Contains(voter) || _refusals.Contains(voter) || voter == _options.Self || voter == except || !IsLinked(voter));

    private void Campaign(bool preVote, bool byTransfer)
    {
        Invariant.Require(MayCampaign, "only a voter campaigns");
        Invariant.Require(!IsInstallingSnapshot, "nobody campaigns with a log that is being replaced");
        Role = Role.Candidate;
        _isPreVote = preVote;
        _campaignIn = -1;
        _votes.Clear();
        _refusals.Clear();
        ResetElectionTimer();
        SetLeader(null);
        Term term = CurrentTerm.Next;
        if (preVote)
        {
            CountVote(_options.Self);
        }
        else
        {
            CurrentTerm = term;
            VotedFor = _options.Self;
            _hardStateChanged = true;
        }

        if (Role == Role.Leader || (preVote && !_isPreVote))
        {
            // A lone voter has won its own pre-vote, and has gone on to the campaign.
            return;
        }

        foreach (ServerId voter in Membership!.Voters)
        {
            if (voter != _options.Self && voter.Incarnation != 0)
            {
                var request = new RequestVote(_options.Self, voter, term, preVote, _log.Last, byTransfer);
                (preVote ? _sendNow : _sendAfterPersist).Add(request);
            }
        }
    }

    private void CountVote(ServerId voter)
    {
        _votes.Add(voter);
        if (!Quorum.IsMajority(Membership!, _votes.Contains))
        {
            return;
        }

        if (_isPreVote)
        {
            Campaign(preVote: false, byTransfer: false);
        }
        else
        {
            BecomeLeader();
        }
    }

    /// <summary>
    /// Votes without consulting the own configuration (thesis §4.1): who asks names exactly this incarnation, so its log has the entry that seats it, and this
    /// server's log may not have come so far. A wiped server is asked by nobody before that entry exists.
    /// </summary>
    private void OnRequestVote(RequestVote request)
    {
        bool isDisturbance = !request.LeadershipTransfer && !BelievesLeaderDead;
        bool isUpToDate = request.LastLog.IsAtLeastAsUpToDateAs(_log.Last);
        if (request.PreVote)
        {
            bool wouldGrant = !isDisturbance && isUpToDate && request.Term > CurrentTerm;
            Reply(new RequestVoteResponse(_options.Self, request.From, wouldGrant ? request.Term : CurrentTerm, true, wouldGrant));
            return;
        }

        if (isDisturbance)
        {
            Reply(new RequestVoteResponse(_options.Self, request.From, CurrentTerm, false, false));
            return;
        }

        if (request.Term > CurrentTerm)
        {
            BecomeFollower(request.Term, leader: null);
        }

        bool grants = request.Term == CurrentTerm && isUpToDate && (VotedFor is null || VotedFor == request.From);
        if (grants)
        {
            _hardStateChanged |= VotedFor is null;
            VotedFor = request.From;
            ResetElectionTimer();
            _sendAfterPersist.Add(new RequestVoteResponse(_options.Self, request.From, CurrentTerm, false, true));
            return;
        }

        Reply(new RequestVoteResponse(_options.Self, request.From, CurrentTerm, false, false));
    }

    private void OnRequestVoteResponse(RequestVoteResponse response)
    {
        if (response.Granted)
        {
            bool isForThisCampaign = Role == Role.Candidate && response.PreVote == _isPreVote && response.Term == (_isPreVote ? CurrentTerm.Next : CurrentTerm);
            if (isForThisCampaign && Membership!.Counts(response.From))
            {
                CountVote(response.From);
            }
        }
        else if (response.Term > CurrentTerm)
        {
            BecomeFollower(response.Term, leader: null);
        }
        else if (!response.PreVote && response.Term == CurrentTerm)
        {
            _refusals.Add(response.From);
            if (HasLostTheVote && _campaignIn < 0 && _retriesLeft-- > 0)
            {
                _campaignIn = TicksOfGrace;
            }
        }
    }

    private void BecomeFollower(Term term, ServerId? leader)
    {
        Invariant.Require(term >= CurrentTerm, "the term never falls");
        if (term > CurrentTerm)
        {
            CurrentTerm = term;
            VotedFor = null;
            _hardStateChanged = true;
            _quietTicks = 0;
        }

        bool hasLed = Role == Role.Leader;
        if (hasLed)
        {
            StepDown();
        }

        Role = Role.Follower;
        _votes.Clear();
        _campaignIn = -1;
        SetLeader(leader);
        if (hasLed)
        {
            // Its own timer has not run while it led. Anybody else's goes on: only a leader's word or a granted vote resets it (§5.2).
            ResetElectionTimer();
        }
    }

    /// <summary>A message has come that only a leader sends: of this term, or of a newer one.</summary>
    private void Follow(Message request)
    {
        Invariant.Require(request.Term > CurrentTerm || Role != Role.Leader, "a term has one leader (§5.2)");
        if (request.Term > CurrentTerm || Role != Role.Follower)
        {
            BecomeFollower(request.Term, request.From);
        }

        Invariant.Require(Leader is null || Leader == request.From, "a term has one leader (§5.2)");
        SetLeader(request.From);
        _campaignIn = -1;
        ResetElectionTimer();
    }

    private void ResetElectionTimer()
    {
        _electionElapsed = 0;
        _electionTimeout = _timeout.Ticks + _random.Next(_timeout.Ticks);
    }

    private void SetLeader(ServerId? leader)
    {
        if (Leader != leader)
        {
            _leaderBefore = Leader ?? _leaderBefore;
            Leader = leader;
            LoseForwardedReads();
        }

        _suspectsLeader = false;
    }

    /// <summary>Answers now if the term it claims is durable, and after the disk otherwise.</summary>
    private void Reply(Message message) => (_durableTerm == CurrentTerm ? _sendNow : _sendAfterPersist).Add(message);
}
