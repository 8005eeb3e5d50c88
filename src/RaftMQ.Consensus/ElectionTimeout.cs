namespace RaftMQ.Consensus;

/// <summary>
/// The election timeout in force (§5.6: broadcast time ≪ election timeout ≪ time between failures). A leader measures how long a majority keeps it waiting and announces a timeout of
/// twice that and a heartbeat; whoever follows it goes by what it says, so that all are equally patient. Only liveness depends on it (docs/decisions/0012).
/// </summary>
internal sealed class ElectionTimeout(RaftOptions options)
{
    /// <summary>The shortest election timeout in ticks; each is drawn from this up to twice this (§5.2).</summary>
    public int Ticks { get; private set; } = options.ElectionTimeoutTicks;

    /// <summary>As the leader announces it.</summary>
    public int Milliseconds => Math.Min(Ticks * options.TickMilliseconds, Messages.MessageRules.MaxElectionTimeoutMs);

    /// <summary>What the leader says. It may be longer than this server's own longest, not shorter than its shortest.</summary>
    public void Follow(int milliseconds) => Ticks = Math.Max(options.ElectionTimeoutTicks, (milliseconds + options.TickMilliseconds - 1) / options.TickMilliseconds);

    /// <summary>The wait for which this is the timeout.</summary>
    public int WaitTicks => ((Ticks + 1) / 2) - options.HeartbeatTicks;

    /// <summary>While leading: for so long, at most, a majority has kept the leader waiting of late. A follower waits for another heartbeat as long, and for their interval.</summary>
    public void Adapt(int waitTicks) => Ticks = Math.Clamp(2 * (waitTicks + options.HeartbeatTicks), options.ElectionTimeoutTicks, options.MaxElectionTimeoutTicks);

    /// <summary>It was too short for a majority that is there to answer, or that may be.</summary>
    public void Double() => Ticks = Math.Max(Ticks, Math.Min(2 * Ticks, options.MaxElectionTimeoutTicks));
}
