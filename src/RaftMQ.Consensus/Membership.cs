namespace RaftMQ.Consensus;

/// <summary>
/// A configuration: who votes, and who is to. In force as soon as it stands in the log (thesis §4.1). It is simple, with one set of voters, or joint, with an old and a new one, where
/// whatever needs a majority needs it of both (thesis §4.3). A voter's seat is vacant until its node is <em>admitted</em>: at birth for a member not yet met, and after a disk was lost.
/// Which configurations may follow each other, and why their majorities meet: <see cref="MayBeFollowedBy"/>.
/// </summary>
public sealed partial class Membership
{
    /// <summary>The most voters, old or new, that a configuration may have.</summary>
    public const int MaxVoters = 9;

    /// <summary>The most members: every voter is replaced by another at the same time.</summary>
    public const int MaxMembers = 2 * MaxVoters;

    /// <summary>The version of a cluster whose configuration states none.</summary>
    private const int FirstVersion = 1;

    private readonly Member[] _members;
    private readonly ServerId[] _voters;
    private readonly ServerId[] _newVoters;
    private readonly ServerId[] _oldVoters;

    /// <summary>A configuration of 1 to <see cref="MaxMembers"/> members, each another node, with 1 to <see cref="MaxVoters"/> old and new voters.</summary>
    /// <param name="members">The members, in any order.</param>
    /// <param name="version">The version of the cluster, 1 to 65,535.</param>
    public Membership(IReadOnlyList<Member> members, int version = FirstVersion)
    {
        Invariant.Require(version is >= FirstVersion and <= ushort.MaxValue, "a cluster version is 1 to 65,535");
        Version = version;
        _members = [.. members.OrderBy(member => member.Node)];
        Invariant.Require(ObjectionTo(_members) is null, "a configuration keeps the rules of configurations");
        IsJoint = _members.Any(member => member.Suffrage is Suffrage.Incoming or Suffrage.Outgoing);
        _voters = [.. _members.Where(member => member.Suffrage != Suffrage.Learner).Select(member => member.Server)];
        _newVoters = IsJoint ? [.. _members.Where(member => member.Suffrage is Suffrage.Voter or Suffrage.Incoming).Select(member => member.Server)] : _voters;
        _oldVoters = IsJoint ? [.. _members.Where(member => member.Suffrage is Suffrage.Voter or Suffrage.Outgoing).Select(member => member.Server)] : _voters;
    }

    /// <summary>All members in order of node.</summary>
    public IReadOnlyList<Member> Members => _members;

    /// <summary>The version of the cluster: what every member understands (docs/decisions/0014). It never falls.</summary>
    public int Version { get; }

    /// <summary>Whether this is a joint configuration (thesis §4.3).</summary>
    public bool IsJoint { get; }

    /// <summary>The server of each seat, old or new, in order of node; a vacant seat stands as incarnation 0, which no server has.</summary>
    public IReadOnlyList<ServerId> Voters => _voters;

    /// <summary>The seats that there are when this configuration is simple, or will be when it is no longer joint.</summary>
    public IReadOnlyList<ServerId> NewVoters => _newVoters;

    /// <summary>The seats that there were before this configuration was joint; the same as <see cref="NewVoters"/> if it is simple.</summary>
    public IReadOnlyList<ServerId> OldVoters => _oldVoters;

    /// <summary>How many servers are more than half of all seats, vacant ones included; in a joint configuration of the larger set of seats.</summary>
    public int Majority => (Math.Max(_newVoters.Length, _oldVoters.Length) / 2) + 1;

    /// <summary>Whether this server sits in a seat, old or new, so that its vote and its acknowledgements count.</summary>
    public bool Counts(ServerId server) => server.Incarnation != 0 && Array.IndexOf(_voters, server) >= 0;

    /// <summary>The member that a node is, or null if it is none.</summary>
    public Member? Find(NodeId node)
    {
        foreach (Member member in _members)
        {
            if (member.Node == node)
            {
                return member;
            }
        }

        return null;
    }

    private static string? ObjectionTo(Member[] members)
    {
        int oldVoters = members.Count(member => member.Suffrage is Suffrage.Voter or Suffrage.Outgoing);
        int newVoters = members.Count(member => member.Suffrage is Suffrage.Voter or Suffrage.Incoming);
        if (oldVoters is < 1 or > MaxVoters || newVoters is < 1 or > MaxVoters || members.Length > MaxMembers)
        {
            return $"a membership of {members.Length}, {oldVoters} old and {newVoters} new voters is outside 1 to {MaxVoters} voters and {MaxMembers} members";
        }

        for (int i = 1; i < members.Length; i++)
        {
            if (members[i].Node.CompareTo(members[i - 1].Node) <= 0)
            {
                return "the members are not in ascending order of node";
            }
        }

        return null;
    }
}
