using RaftMQ.Consensus;

namespace RaftMQ.Simulation.Invariants;

/// <summary>The ghost of one cluster: all votes, entries, commitments. A run has one as a rule, and more where a birth was given up.</summary>
internal sealed class ClusterHistory
{
    public ClusterHistory(Findings findings, ClusterId name)
    {
        Name = name;
        Ballots = new Ballots(findings);
        Entries = new KnownEntries(findings);
        Committed = new CommittedLog(findings, Entries);
        Reference = new ReferenceMachine(findings, Committed);
    }

    public ClusterId Name { get; }

    /// <summary>Its first stamp in milliseconds, and the virtual time of that in microseconds.</summary>
    public (long StampMs, long At)? BornAt { get; set; }

    public Ballots Ballots { get; }

    public KnownEntries Entries { get; }

    public CommittedLog Committed { get; }

    public ReferenceMachine Reference { get; }
}
