using RaftMQ.Consensus;

namespace RaftMQ.Simulation.Invariants;

/// <summary>
/// Majorities as the ghost counts them, by the members alone. What it judges counts with <see cref="Quorum"/>, and goes from one configuration to the next by
/// <see cref="Membership.MayBeFollowedBy"/>.
/// </summary>
internal static class Majorities
{
    /// <summary>Whether these servers are more than half of the seats that there were before a change and of those that there will be after it (thesis §4.3), vacant ones included.</summary>
    public static bool IsMajority(Membership membership, Func<ServerId, bool> includes) =>
        IsMajority(membership, Suffrage.Outgoing, includes) && IsMajority(membership, Suffrage.Incoming, includes);

    /// <summary>Whether whatever decides by the one configuration meets in a server whatever decides by the other: a set of seats of each is enough that cannot be without each other.</summary>
    public static bool AlwaysMeet(Membership one, Membership other) =>
        AlwaysMeet(Seats(one, Suffrage.Outgoing), Seats(other, Suffrage.Outgoing)) || AlwaysMeet(Seats(one, Suffrage.Outgoing), Seats(other, Suffrage.Incoming))
        || AlwaysMeet(Seats(one, Suffrage.Incoming), Seats(other, Suffrage.Outgoing)) || AlwaysMeet(Seats(one, Suffrage.Incoming), Seats(other, Suffrage.Incoming));

    /// <summary>Whether a majority of the old seats of a joint configuration always meets one of the new ones: then it would do no harm to ask only one of them.</summary>
    public static bool OldAndNewAlwaysMeet(Membership joint) => AlwaysMeet(Seats(joint, Suffrage.Outgoing), Seats(joint, Suffrage.Incoming));

    private static bool IsMajority(Membership membership, Suffrage beside, Func<ServerId, bool> includes)
    {
        (int seats, int included) = (0, 0);
        for (int i = 0; i < membership.Members.Count; i++)
        {
            Member member = membership.Members[i];
            if (member.Suffrage == Suffrage.Voter || member.Suffrage == beside)
            {
                seats++;
                included += member.Incarnation != 0 && includes(member.Server) ? 1 : 0;
            }
        }

        return 2 * included > seats;
    }

    /// <summary>Two majorities without a server in common take whoever sits in one set only, and divide the others among themselves.</summary>
    private static bool AlwaysMeet(ServerId[] one, ServerId[] other)
    {
        int common = Seated(one).Intersect(Seated(other)).Count();
        int lackedByOne = (one.Length / 2) + 1 - (Seated(one).Count() - common);
        int lackedByOther = (other.Length / 2) + 1 - (Seated(other).Count() - common);
        return Math.Max(0, lackedByOne) + Math.Max(0, lackedByOther) > common;
    }

    private static ServerId[] Seats(Membership membership, Suffrage beside) =>
        [.. membership.Members.Where(member => member.Suffrage == Suffrage.Voter || member.Suffrage == beside).Select(member => member.Server)];

    private static IEnumerable<ServerId> Seated(ServerId[] seats) => seats.Where(server => server.Incarnation != 0);
}
