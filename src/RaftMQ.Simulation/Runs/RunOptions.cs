namespace RaftMQ.Simulation.Runs;

/// <summary>One run to be made.</summary>
public sealed record RunOptions
{
    /// <summary>Where everything of the run comes from.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How many events the storm lasts; the liveness phase comes on top.</summary>
    public required int Events { get; init; }

    /// <summary>
    /// Over how many events the faults of the storm are planned; null for as many as it lasts. A shorter storm of the same horizon is the beginning of the longer one, to the byte.
    /// </summary>
    public int? Horizon { get; init; }

    /// <summary>Fault kinds that are left out whatever the seed says: for looking for a shorter failure.</summary>
    public IReadOnlySet<FaultKind> Without { get; init; } = new HashSet<FaultKind>();

    /// <summary>The only profile whose seeds' choices are narrowed: <see cref="Profile.Any"/> narrows nothing.</summary>
    public Profile Profile { get; init; } = Profile.Any;

    /// <summary>Told each line of the trace; null for none.</summary>
    public Action<string>? Trace { get; init; }
}

/// <summary>A narrowing of what a seed may draw, to look longer at one corner.</summary>
public enum Profile
{
    /// <summary>Everything as the specification has it.</summary>
    Any,

    /// <summary>No faults at all: what fails here is a defect of the simulation or of the plainest path.</summary>
    Calm,

    /// <summary>Crashes, lost power and torn disks.</summary>
    Disks,

    /// <summary>Cuts, clogs, loss, repetition and delay.</summary>
    Network,

    /// <summary>Births, lost disks and admissions.</summary>
    Births,
}
