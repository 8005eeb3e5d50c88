using RaftMQ.Consensus;
using RaftMQ.Simulation.Faults;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;

namespace RaftMQ.Simulation.World;

/// <summary>Which program the node runs (docs/decisions/0014), and what an operator does when it says that it is too old.</summary>
internal sealed partial class SimulatedNode
{
    private string? _refusedVersion;
    private bool _newerIsDue;

    /// <summary>What its program understands.</summary>
    public ClusterVersions Understands { get; private set; } = Upgrades.Older;

    /// <summary>The newest version that any program which it has run understands: it may have gone back since, and a leader not have noticed.</summary>
    public int NewestEverUnderstood { get; private set; } = Upgrades.Older.Newest;

    /// <summary>Another program: the process ends, and the next one is of it.</summary>
    public void Bring(ClusterVersions program)
    {
        if (program != Understands)
        {
            Die(powerIsLost: false);
            Understands = program;
            NewestEverUnderstood = Math.Max(NewestEverUnderstood, program.Newest);
        }
    }

    /// <summary>It was refused a link because its program is too old: somebody reads that in its log.</summary>
    public void BringNewerSoon()
    {
        if (!_newerIsDue)
        {
            _newerIsDue = true;
            _world.At(_world.Now + _chance.Between(100_000, 1_000_000), () =>
            {
                _newerIsDue = false;
                Bring(Upgrades.Newer);
            });
        }
    }

    /// <summary>Its program refuses what it has met, in its folder or from elsewhere, and ends in order.</summary>
    private void OnVersionRefused(string reason)
    {
        _world.Reach.Count(Situation.VersionRefused);
        if (Understands == Upgrades.Newer)
        {
            _world.Findings.Report("I24", $"node {Id} refuses a version that its program understands: {reason}");
        }

        if (IsRunning)
        {
            End(reason);
        }
        else
        {
            _world.Trace.Note(_world.Now, Id, TraceKind.Refused, text: reason);
            AfterDeath(powerIsLost: false);
        }

        Understands = Upgrades.Newer;
        NewestEverUnderstood = Upgrades.Newer.Newest;
    }
}
