using RaftMQ.Consensus;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>
/// The version of the cluster (docs/decisions/0014). A leader raises it as far as every member has said on its present link that it understands; it never falls. Who meets a version that its
/// program does not understand takes nothing of it: the process ends, and a person runs a newer one.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>The most strangers of which it is remembered what they understand.</summary>
    private const int MaxStrangers = 2 * Membership.MaxMembers;

    private readonly NodeMap<(NodeId Node, ClusterVersions Understands, long UntilMs)> _strangers = new();
    private int _versionTold;

    /// <summary>The version as of <see cref="AppliedIndex"/>, by which entries are applied; 0 before the birth is.</summary>
    public int ClusterVersion => _appliedConfiguration is { } configuration ? ClusterVersions.StatedIn(configuration)!.Value : 0;

    /// <summary>The version of the configuration in force, committed or not: what this node says to others. 0 while it is unborn.</summary>
    public int VersionInForce => _core.Membership?.Version ?? 0;

    /// <summary>What this program understands.</summary>
    public ClusterVersions Understands => _options.Understands;

    /// <summary>What each node to which there is a link said on it. Replaced as a whole.</summary>
    public IReadOnlyDictionary<NodeId, ClusterVersions> UnderstoodByLinked { get; private set; } = new Dictionary<NodeId, ClusterVersions>();

    private void TendVersion()
    {
        bool mayRaise = _core.Role == Role.Leader && _core.HasCommittedInOwnTerm && _core.IsMembershipCommitted && !_core.Membership!.IsJoint;
        if (!mayRaise)
        {
            return;
        }

        Membership membership = _core.Membership!;
        int newest = NewestUnderstoodByAll(membership);
        if (newest > membership.Version && _core.ProposeMembership(_clock.Now, membership.WithVersion(newest)).Outcome == ProposeOutcome.Proposed)
        {
            _ports.Report(EventLevel.Information, $"raising the cluster from version {membership.Version} to {newest}: every member understands it");
        }
    }

    /// <summary>The newest version that every member understands, who votes and who does not; 0 if one of them has no link and so has not said.</summary>
    private int NewestUnderstoodByAll(Membership membership)
    {
        ClusterVersions all = Understands;
        foreach (Member member in membership.Members)
        {
            if (member.Node != Self)
            {
                all = all.And(UnderstoodByLinked.GetValueOrDefault(member.Node));
            }
        }

        return all.Include(all.Newest) ? all.Newest : 0;
    }

    private void NoteVersions(NodeId node, ClusterVersions? understood)
    {
        var noted = new Dictionary<NodeId, ClusterVersions>(UnderstoodByLinked);
        noted.Remove(node);
        if (understood is { } versions)
        {
            noted.Add(node, versions);
        }

        UnderstoodByLinked = noted;
    }

    /// <summary>Anybody may call under any number: it is asked only so that an operator hears early what a handshake would refuse anyway.</summary>
    private void OnStranger(StrangerInput stranger)
    {
        if (_strangers.Count >= MaxStrangers && _strangers.FirstOrDefault(said => said.UntilMs <= _nowMs) is { UntilMs: > 0 } silent)
        {
            _strangers.Remove(silent.Node);
        }

        if (_strangers.Contains(stranger.Node) || _strangers.Count < MaxStrangers)
        {
            _strangers[stranger.Node] = (stranger.Node, stranger.Understands, _nowMs + VisitMs);
        }
    }

    /// <summary>Who would not understand the cluster is not taken in, if it has called of late (it does so every second): no link with it would come to be.</summary>
    private string? ObjectionToVersionOf(MembershipChange change)
    {
        NodeId? newcomer = change switch
        {
            MemberAddition addition => addition.Newcomer.Node,
            MemberReplacement replacement => replacement.Newcomer.Node,
            _ => null,
        };
        bool isStranger = newcomer is { } node && _core.Membership!.Find(node) is null;
        return isStranger && _strangers.TryGetValue(newcomer!.Value, out var said) && said.UntilMs > _nowMs && !said.Understands.Include(VersionInForce)
            ? $"node {newcomer} understands {said.Understands}, and the cluster is at version {VersionInForce}: run a raftmq on it that understands that"
            : null;
    }

    /// <summary>Whether an entry from elsewhere states a version that this program does not understand: then this replica has ended.</summary>
    private bool RefusesVersionOf(in LogEntry entry)
    {
        string? objection = ClusterVersions.StatedIn(entry) is { } version ? Understands.ObjectionTo(version) : null;
        if (objection is not null)
        {
            _ports.RefuseVersion(objection);
        }

        return objection is not null;
    }

    /// <summary>Looked at before the message is: what follows the version may be laid out in another way. What a deposed leader says is nothing to go by.</summary>
    private bool RefusesVersionIn(Consensus.Messages.AppendEntries append)
    {
        foreach (ref readonly LogEntry entry in append.Entries.Span)
        {
            if (append.Term >= _core.CurrentTerm && RefusesVersionOf(entry))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Says it when it has risen, and at a start; not of a version that every program understands.</summary>
    private void ObserveVersion()
    {
        int version = ClusterVersion;
        if (version != _versionTold)
        {
            _versionTold = version;
            if (version > Understands.Oldest)
            {
                _ports.Report(EventLevel.Information, $"the cluster is at version {version}");
            }
        }
    }
}
