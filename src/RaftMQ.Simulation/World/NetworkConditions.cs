namespace RaftMQ.Simulation.World;

/// <summary>What the network does to messages, in general.</summary>
internal sealed record NetworkConditions
{
    /// <summary>A switch in one room: what two healthy nodes have between them.</summary>
    public static readonly NetworkConditions Calm = new() { MinDelayUs = 50, MeanDelayUs = 150 };

    /// <summary>Every message takes this long at least, in microseconds.</summary>
    public required long MinDelayUs { get; init; }

    /// <summary>And on top of it an exponentially distributed time of this mean.</summary>
    public required long MeanDelayUs { get; init; }

    /// <summary>Whether a later message may overtake an earlier one.</summary>
    public bool Reorders { get; init; }

    /// <summary>How many messages of a million are lost.</summary>
    public int LossPerMillion { get; init; }

    /// <summary>How many sends of a million find the link's queue full, so that the sender knows.</summary>
    public int RefusedPerMillion { get; init; }

    /// <summary>How many messages of a million come twice.</summary>
    public int DuplicatesPerMillion { get; init; }

    /// <summary>The node whose links take 20 times as long; 0 for none.</summary>
    public int SlowNode { get; init; }
}
