namespace RaftMQ.Consensus;

/// <summary>
/// Counts voters: what a majority of the seats has in common, in a joint configuration a majority of the old ones and one of the new (thesis §4.3). A vacant seat counts in the total
/// and stands with zero (docs/decisions/0002).
/// </summary>
/// <remarks>Source: Ongaro, "Consensus: Bridging Theory and Practice", chapters 3 and 4.</remarks>
public static class Quorum
{
    /// <summary>The highest value that a majority has reached: of match indexes what §5.4.2 may go on to commit, of read rounds what §6.4 of the thesis may confirm.</summary>
    /// <param name="membership">The configuration in force.</param>
    /// <param name="valueOf">What each server has reached; asked for every seat, also for vacant ones, for which it gives zero.</param>
    public static ulong ReachedByMajority(Membership membership, Func<ServerId, ulong> valueOf)
    {
        ulong reached = ReachedByMajority(membership.NewVoters, valueOf);
        return membership.IsJoint ? Math.Min(reached, ReachedByMajority(membership.OldVoters, valueOf)) : reached;
    }

    /// <summary>Whether these servers are a majority.</summary>
    /// <param name="membership">The configuration in force.</param>
    /// <param name="includes">Whether a server is one of them; not asked for vacant seats.</param>
    public static bool IsMajority(Membership membership, Func<ServerId, bool> includes) =>
        IsMajority(membership.NewVoters, includes) && (!membership.IsJoint || IsMajority(membership.OldVoters, includes));

    private static ulong ReachedByMajority(IReadOnlyList<ServerId> voters, Func<ServerId, ulong> valueOf)
    {
        Span<ulong> ascending = stackalloc ulong[Membership.MaxVoters];
        ascending = ascending[..voters.Count];
        for (int i = 0; i < ascending.Length; i++)
        {
            ascending[i] = valueOf(voters[i]);
        }

        // In ascending order, everything from position (n - 1) / 2 upwards is reached by n/2 + 1 seats: a majority for odd and even n.
        ascending.Sort();
        return ascending[(ascending.Length - 1) / 2];
    }

    private static bool IsMajority(IReadOnlyList<ServerId> voters, Func<ServerId, bool> includes)
    {
        int count = 0;
        foreach (ServerId voter in voters)
        {
            count += voter.Incarnation != 0 && includes(voter) ? 1 : 0;
        }

        return count > voters.Count / 2;
    }
}
