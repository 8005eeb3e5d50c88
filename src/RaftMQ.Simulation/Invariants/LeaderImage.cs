using RaftMQ.Consensus;

namespace RaftMQ.Simulation.Invariants;

/// <summary>One term of a leader as it is seen from outside: whom it has heard of when, how its stamps go with its clock, and what it has committed.</summary>
/// <param name="term">The term.</param>
/// <param name="tick">The tick that it began with.</param>
/// <param name="memoryTicks">For how many ticks it is remembered what was committed.</param>
internal sealed class LeaderImage(Term term, long tick, int memoryTicks)
{
    private readonly Dictionary<ServerId, long> _heardAtTick = [];
    private readonly Queue<LogIndex> _committedAtTicks = new();
    private (long StampMs, long EarliestMs, long LatestMs)? _firstStamp;

    public Term Term { get; } = term;

    /// <summary>The leader handles an answer of a server to what it has sent in this term.</summary>
    public void Hear(ServerId server, long atTick) => _heardAtTick[server] = atTick;

    /// <summary>What was committed so many ticks ago, at most as many as it is remembered; nothing in the first ticks of the term.</summary>
    public LogIndex CommittedBefore(int ticks) => _committedAtTicks.Count >= ticks ? _committedAtTicks.ElementAt(_committedAtTicks.Count - ticks) : LogIndex.Zero;

    /// <summary>A tick. The first since it took over another leader's stamp adds nothing to it: that time may be in the stamp already.</summary>
    public void Tick(long ticks, long monotonicMs, LogIndex committed)
    {
        _committedAtTicks.Enqueue(committed);
        if (_committedAtTicks.Count > memoryTicks)
        {
            _committedAtTicks.Dequeue();
        }

        if (ticks - tick == 1 && _firstStamp is { } first)
        {
            _firstStamp = first with { LatestMs = monotonicMs };
        }
    }

    /// <summary>Whether it has heard a majority within so many ticks, or has not led as long.</summary>
    public bool HasMajority(Membership membership, ServerId self, long now, int withinTicks)
    {
        if (now - tick <= withinTicks)
        {
            return true;
        }

        return Majorities.IsMajority(membership, voter => voter == self || (_heardAtTick.TryGetValue(voter, out long at) && now - at <= withinTicks));
    }

    /// <summary>Whether a stamp goes with the monotonic clock as it may: at half to twice its pace since the first one of this term.</summary>
    /// <param name="stampMs">The stamp.</param>
    /// <param name="earliestMs">What the clock showed at the tick before last: the stamp is no older.</param>
    /// <param name="latestMs">What it showed at the last tick: the stamp is no newer.</param>
    public bool IsInTime(long stampMs, long earliestMs, long latestMs)
    {
        _firstStamp ??= (stampMs, earliestMs, latestMs);
        long stamped = stampMs - _firstStamp.Value.StampMs;
        return stamped >= (earliestMs - _firstStamp.Value.LatestMs) / 2 && stamped <= 2 * (latestMs - _firstStamp.Value.EarliestMs);
    }
}
