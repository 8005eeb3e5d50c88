namespace RaftMQ.Simulation.Runs;

/// <summary>What chance is forked for. A purpose has numbers of its own, so that leaving one kind of fault out changes nothing that was drawn for another.</summary>
internal static class Purpose
{
    public const ulong Shape = 1;
    public const ulong Kinds = 2;
    public const ulong Network = 3;
    public const ulong Messages = 4;
    public const ulong Clients = 5;
    public const ulong Knobs = 6;
    public const ulong Liveness = 7;
    public const ulong Policies = 8;

    /// <summary>Plus the fault kind.</summary>
    public const ulong Faults = 100;

    /// <summary>Plus the node.</summary>
    public const ulong Node = 200;

    /// <summary>Plus the node.</summary>
    public const ulong Ids = 300;

    /// <summary>Plus the node.</summary>
    public const ulong Disks = 400;

    /// <summary>Plus the node.</summary>
    public const ulong Clocks = 500;

    /// <summary>Plus the client.</summary>
    public const ulong Client = 1_000;
}
