using RaftMQ.Consensus;

namespace RaftMQ.Simulation.Invariants;

/// <summary>Every vote that was ever given and every leader that was ever seen: one vote per server and term (I2), one leader per term (I1).</summary>
internal sealed class Ballots(Findings findings)
{
    private readonly Dictionary<(ServerId Voter, ulong Term), ServerId> _votes = [];
    private readonly Dictionary<ulong, ServerId> _leaders = [];

    /// <summary>The highest term that has had a leader.</summary>
    public ulong HighestLed { get; private set; }

    /// <summary>The leader of a term, if one was seen.</summary>
    public ServerId? LeaderOf(ulong term) => _leaders.TryGetValue(term, out ServerId leader) ? leader : null;

    /// <summary>A vote was sent, or is going to the disk.</summary>
    public void Vote(ServerId voter, Term term, ServerId candidate)
    {
        findings.Checks++;
        if (!_votes.TryAdd((voter, term.Value), candidate) && _votes[(voter, term.Value)] != candidate)
        {
            findings.Report("I2", $"server {voter} votes for {candidate} in term {term} and had voted for {_votes[(voter, term.Value)]}");
        }
    }

    /// <summary>A server leads, or speaks as a leader.</summary>
    public void Lead(ServerId leader, Term term)
    {
        findings.Checks++;
        HighestLed = Math.Max(HighestLed, term.Value);
        if (!_leaders.TryAdd(term.Value, leader) && _leaders[term.Value] != leader)
        {
            findings.Report("I1", $"server {leader} leads in term {term}, as {_leaders[term.Value]} does");
        }
    }
}
