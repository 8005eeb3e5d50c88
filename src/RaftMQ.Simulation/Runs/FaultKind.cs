namespace RaftMQ.Simulation.Runs;

/// <summary>The kinds of faults; each is on or off for a seed, with parameters drawn for it. Their names are what the command line takes.</summary>
public enum FaultKind
{
    /// <summary>Messages take their time, one node may be slow.</summary>
    Delay,

    /// <summary>Messages are lost.</summary>
    Loss,

    /// <summary>Messages come twice.</summary>
    Duplication,

    /// <summary>Links stop for a while and go on with everything that waits.</summary>
    Clog,

    /// <summary>Nodes are cut off from each other, both ways or one way.</summary>
    Partition,

    /// <summary>Processes end between any two steps, and start again.</summary>
    Crash,

    /// <summary>Machines lose their power: what was not synced meets its fate.</summary>
    PowerLoss,

    /// <summary>Processes stand still while clocks go on.</summary>
    Pause,

    /// <summary>Syncs take long.</summary>
    SlowDisk,

    /// <summary>Syncs fail and mark their pages clean; writes are short.</summary>
    FailingDisk,

    /// <summary>The disk is full for a while.</summary>
    FullDisk,

    /// <summary>Bytes rot, sectors cannot be read, writes go astray.</summary>
    Rot,

    /// <summary>A disk is lost and comes back empty.</summary>
    LostDisk,

    /// <summary>Wall clocks are off, drift and jump.</summary>
    WallClock,

    /// <summary>Monotonic clocks run at different rates.</summary>
    ClockRate,

    /// <summary>Sizes, windows and time-outs are shrunk or stretched.</summary>
    Knobs,

    /// <summary>Clients give up, repeat elsewhere, come late.</summary>
    Clients,

    /// <summary>Members come, go, replace each other and move, while everything else goes wrong.</summary>
    Membership,

    /// <summary>A newer program comes to one node after the other, and the cluster is raised to what it understands.</summary>
    Upgrade,
}
