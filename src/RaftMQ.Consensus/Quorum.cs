namespace RaftMQ.Consensus;

/// <summary>Counts voters: what a majority of the seats has in common. A vacant seat counts in the total and stands with zero (docs/decisions/0002).</summary>
/// <remarks>Source: Ongaro, "Consensus: Bridging Theory and Practice", chapter 3.</remarks>
public static class Quorum
{
    /// <summary>The highest value that a majority has reached: of match indexes what §5.4.2 may go on to commit, of read rounds what §6.4 of the thesis may confirm.</summary>
    /// <param name="membership">The configuration in force.</param>
    /// <param name="valueOf">What each server has reached; asked for every seat, also for vacant ones, for which it gives zero.</param>
    public static ulong ReachedByMajority(Membership membership, Func<ServerId, ulong> valueOf)
    {
        Span<ulong> ascending = stackalloc ulong[Membership.MaxVoters];
        ascending = ascending[..membership.Voters.Count];
        for (int i = 0; i < ascending.Length; i++)
        {
            ascending[i] = valueOf(membership.Voters[i]);
        }

        // In ascending order, everything from position (n - 1) / 2 upwards is reached by n/2 + 1 seats: a majority for odd and even n.
        ascending.Sort();
        return ascending[(ascending.Length - 1) / 2];
    }
}
