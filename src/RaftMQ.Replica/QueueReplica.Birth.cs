using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Replica;

/// <summary>
/// How a node with an empty folder comes into a cluster (design, storage rule 8). The birth entry is made once, by the founder, and is the first entry of every log of its cluster;
/// so whoever holds it may hand it on, and whoever takes it knows its whole past: an incarnation that it names has never voted or acknowledged elsewhere.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>A birth that was handed on is handed on again after this time, as long as its receiver has not shown that it has it: a link may be up and lose it.</summary>
    private const int CertificateRetryMs = 500;

    /// <summary>The most nodes of which it is remembered who they were when they last called.</summary>
    private const int MaxMet = 4 * Membership.MaxMembers;

    private readonly NodeMap<ServerIdentity> _met = new();
    private readonly NodeMap<ServerId> _linked = new();
    private readonly Dictionary<ServerId, long> _certificateSentAtMs = [];
    private LogEntry? _birthEntry;
    private Birth? _birth;
    private bool _birthIsDurable;

    /// <summary>Whether this server has its birth, and a crash would still take it away: it says nothing yet in the name of its cluster.</summary>
    private bool IsNewborn => _birth is not null && !_birthIsDurable;
    private bool _hasGivenUp;
    private long _startedMs;
    private long _majorityMetMs;
    private (bool, bool, bool, bool, int)? _waitingAs;
    private string _lastWaiting = string.Empty;
    private int _linkChanges;

    /// <summary>The members that this unborn node has no link to.</summary>
    public IReadOnlyList<NodeId> WaitingFor =>
        Identity.Cluster.IsBorn
            ? []
            : [.. _options.Members.Select(member => member.Node).Where(node => node != Self && !_linked.Contains(node))];

    private NodeId Self => Identity.Server.Node;

    private int MajorityOfMembers => (_options.Members.Count / 2) + 1;

    private void RememberBirth(RecoveredLog recovered)
    {
        if (recovered.Configurations.Count > 0 && recovered.Configurations[0].Kind == EntryKind.Birth)
        {
            _birthEntry = recovered.Configurations[0];
            _birth = Birth.Decode(_birthEntry.Value.Payload);
            _birthIsDurable = true;
            Invariant.Require(_birth.Cluster == Identity.Cluster, "the log and the identity are of one cluster");
        }
    }

    private void OnPeerMet(ServerIdentity peer, string? address)
    {
        NodeId node = peer.Server.Node;
        bool mayBeOurs = peer.Cluster.IsBorn && (!Identity.Cluster.IsBorn || peer.Cluster == Identity.Cluster);
        if (address is not null && mayBeOurs)
        {
            OnVisit(node, address);
            NoteCaller(node, address);
        }

        // Anybody may call under any number: those who are of no account make room for the next.
        if (_met.Count >= MaxMet && !_met.Contains(node) && FirstOfNoAccount() is { } stranger)
        {
            _met.Remove(stranger);
        }

        if (_met.Contains(node) || _met.Count < MaxMet)
        {
            _met[node] = peer;
        }

        bool isForeign = peer.Cluster.IsBorn && Identity.Cluster.IsBorn && peer.Cluster != Identity.Cluster;
        if (isForeign)
        {
            ConsiderGivingUp(peer.Cluster);
        }
    }

    private NodeId? FirstOfNoAccount()
    {
        foreach (ServerIdentity peer in _met)
        {
            NodeId node = peer.Server.Node;
            if (!IsNamed(node) && !IsConfigured(node) && !_linked.Contains(node) && !_visits.Contains(node))
            {
                return node;
            }
        }

        return null;
    }

    private void TendBirth()
    {
        if (!Identity.Cluster.IsBorn)
        {
            ConsiderFounding();
        }
        else if (_birthIsDurable)
        {
            HandOnBirth();
        }
    }

    private void ConsiderFounding()
    {
        int unborn = 1;
        NodeId lowest = Self;
        bool metBorn = false;
        foreach (ServerIdentity peer in _met)
        {
            NodeId node = peer.Server.Node;
            metBorn |= peer.Cluster.IsBorn && (IsConfigured(node) || _visits.Contains(node));
            if (IsConfigured(node) && !peer.Cluster.IsBorn && _linked.Contains(node))
            {
                unborn++;
                lowest = node.CompareTo(lowest) < 0 ? node : lowest;
            }
        }

        bool anewByMajority = _options.Birth == BirthPolicy.MajorityDecides;
        bool isFounder = anewByMajority ? lowest == Self : _options.Members.All(member => member.Node.CompareTo(Self) >= 0);
        bool hasMajority = unborn >= MajorityOfMembers;
        if (!hasMajority)
        {
            _majorityMetMs = 0;
        }
        else if (_majorityMetMs == 0)
        {
            _majorityMetMs = _nowMs;
        }

        bool allMetUnborn = unborn == _options.Members.Count;
        bool graceIsOver = hasMajority && _nowMs - _majorityMetMs >= _options.FoundingGraceMilliseconds;
        bool mayFound = !IsPromised && isFounder && hasMajority && (!metBorn || anewByMajority) && (allMetUnborn || graceIsOver);
        if (mayFound)
        {
            Found();
            return;
        }

        ReportWaiting(isFounder, metBorn, hasMajority);
    }

    private void ReportWaiting(bool isFounder, bool metBorn, bool hasMajority)
    {
        bool justStarted = _nowMs - _startedMs < _options.FoundingGraceMilliseconds;
        (bool, bool, bool, bool, int) now = (IsPromised, isFounder, metBorn, hasMajority, _linkChanges);
        if (justStarted || now == _waitingAs)
        {
            return;
        }

        _waitingAs = now;
        string missing = string.Join(", ", WaitingFor);
        string promised = $"waiting for the leader of cluster {Identity.Joins} to take this node in: it is to join it, or was a member whose damaged folder was set aside";
        string text = IsPromised ? promised : (isFounder, metBorn, hasMajority) switch
        {
            (_, true, _) => "this node's folder is empty, and a member belongs to a cluster already: waiting for that cluster's leader to take this node in",
            (true, _, true) => "about to found the cluster",
            (true, _, false) => $"first start: waiting for a majority of the members before founding the cluster; not reached yet: node {missing}",
            (false, _, _) when missing.Length > 0 => $"first start: waiting for the cluster to be founded by the member of the lowest id; not reached yet: node {missing}",
            _ => "first start: all members are reached; waiting for the member of the lowest id to found the cluster",
        };
        if (text != _lastWaiting)
        {
            _lastWaiting = text;
            _ports.Report(EventLevel.Information, text);
        }
    }

    private void Found()
    {
        Member[] members = [.. _options.Members.Select(WithKnownIncarnation)];
        var birth = new Birth(_options.FreshCluster, Identity.Server, new Membership(members, Understands.Oldest), QueueCommandCodec.Configure(_options.Limits));
        _clock.BeginAt(_wallMs);
        bool leavesSomeoneBehind = _met.Any(peer => peer.Cluster.IsBorn);
        if (leavesSomeoneBehind)
        {
            _ports.Report(EventLevel.Warning, "founding anew with an unborn majority: what the born minority holds is given up");
        }

        _ports.Report(EventLevel.Information, $"founding cluster {birth.Cluster} with {members.Count(member => member.Incarnation != 0)} of {members.Length} members present");
        Adopt(new LogEntry(Birth.Position.Index, Birth.Position.Term, EntryKind.Birth, _clock.Now, birth.Encode()), birth);
    }

    private bool IsConfigured(NodeId node)
    {
        for (int i = 0; i < _options.Members.Count; i++)
        {
            if (_options.Members[i].Node == node)
            {
                return true;
            }
        }

        return false;
    }

    private Member WithKnownIncarnation(Member member)
    {
        if (member.Node == Self)
        {
            return member with { Incarnation = Identity.Server.Incarnation };
        }

        bool isLinkedUnborn = _linked.TryGetValue(member.Node, out ServerId linked) && _met.TryGetValue(member.Node, out ServerIdentity met) && !met.Cluster.IsBorn;
        return member with { Incarnation = isLinkedUnborn ? linked.Incarnation : 0 };
    }

    private void Adopt(LogEntry entry, Birth birth)
    {
        _birthEntry = entry;
        _birth = birth;
        _birthToPersist = birth.Cluster;
        Identity = new ServerIdentity(birth.Cluster, Identity.Server);
        _clock.Observe(entry.Time);
        _core.AdoptBirth(entry);
        foreach (ServerId server in _linked)
        {
            _core.OnLinkUp(server);
        }
    }

    /// <summary>The birth is handed on only once it is durable here: a founder that forgot it must not lead its first term a second time.</summary>
    private void OnBirthPersisted()
    {
        if (IsNewborn)
        {
            _birthIsDurable = true;
            HandOnBirth();
        }
    }

    private void HandOnBirth()
    {
        foreach (ServerId server in _linked)
        {
            bool isUnborn = _met.TryGetValue(server.Node, out ServerIdentity met) && !met.Cluster.IsBorn && met.Server == server;
            if (!isUnborn || !MayBeHandedOn(server))
            {
                continue;
            }

            // Whom the birth names may always have it. A newcomer is taken in by a leader that has a place for it and hears a majority, so that it never joins what cannot admit it.
            bool isNamed = _birth!.Members.Counts(server);
            bool mayTakeIn = _core.Role == Role.Leader && _core.HasCommittedInOwnTerm && _core.Membership!.Find(server.Node) is not null && LinksToMajority();
            if ((isNamed || mayTakeIn) && _ports.Send(new BirthCertificate(Identity.Server, server, _birthEntry!.Value)))
            {
                _certificateSentAtMs[server] = _nowMs;
            }
        }
    }

    /// <summary>Once at first; then again by whoever would hear from a newborn, which is the leader, or while there is none a candidate.</summary>
    private bool MayBeHandedOn(ServerId server)
    {
        bool wouldHearOfIt = _core.Leader is not { } leader || leader == Identity.Server;
        return !_certificateSentAtMs.TryGetValue(server, out long sentAt) || (wouldHearOfIt && _nowMs - sentAt >= CertificateRetryMs);
    }

    /// <summary>A server speaks as a member of this cluster: it has the birth. A late word of a former life says nothing of the one that came after it.</summary>
    private void OnHeardOf(ServerId server)
    {
        if (_certificateSentAtMs.Count > 0 && _certificateSentAtMs.Remove(server))
        {
            _met[server.Node] = new ServerIdentity(Identity.Cluster, server);
        }
    }

    private bool LinksToMajority() => Quorum.IsMajority(
        _core.Membership!, voter => voter == Identity.Server || (_linked.TryGetValue(voter.Node, out ServerId linked) && linked == voter));

    private void OnBirthCertificate(ClusterId cluster, BirthCertificate certificate)
    {
        if (Identity.Cluster.IsBorn || certificate.Entry.Position != Birth.Position || certificate.Entry.Kind != EntryKind.Birth)
        {
            return;
        }

        // Of a cluster that is none of this node's not even the version matters.
        if (!MayComeInto(cluster) || RefusesVersionOf(certificate.Entry))
        {
            return;
        }

        Birth birth;
        try
        {
            birth = Birth.Decode(certificate.Entry.Payload);
        }
        catch (FormatException e)
        {
            _ports.Report(EventLevel.Warning, $"node {certificate.From.Node} sent a birth that cannot be read: {e.Message}");
            return;
        }

        if (birth.Founder == Identity.Server)
        {
            _ports.Report(EventLevel.Warning, "this folder founded a cluster and no longer holds it; empty the folder, so that the node comes back as a new incarnation");
            return;
        }

        if (birth.Cluster != cluster)
        {
            return;
        }

        bool counts = birth.Members.Counts(Identity.Server);
        _ports.Report(
            EventLevel.Information,
            counts
                ? $"born into cluster {birth.Cluster}, founded by node {birth.Founder.Node}"
                : $"joining cluster {birth.Cluster} with an empty disk: receiving the log, not voting before this incarnation is admitted");
        Adopt(certificate.Entry, birth);
    }

    /// <summary>
    /// A birth whose incarnations are, but for a minority, known to have been born elsewhere can never have been on a majority, nor will it be. An incarnation
    /// takes one birth in its life, so meeting it in another cluster is proof. The assignment's rule asks only what the majority says now.
    /// </summary>
    private void ConsiderGivingUp(ClusterId other)
    {
        if (_hasGivenUp || _birth is null)
        {
            return;
        }

        int elsewhereNow = 0;
        int possiblyHere = 0;
        foreach (Member member in _birth.Members.Members)
        {
            bool isElsewhere = _met.TryGetValue(member.Node, out ServerIdentity met) && met.Cluster.IsBorn && met.Cluster != Identity.Cluster;
            bool isProvenElsewhere = isElsewhere && met.Server == member.Server;
            elsewhereNow += isElsewhere && met.Cluster == other ? 1 : 0;
            possiblyHere += member.Incarnation == 0 || isProvenElsewhere ? 0 : 1;
        }

        bool neverHadMajority = possiblyHere < _birth.Members.Majority && _core.CommitIndex == LogIndex.Zero;
        bool outvoted = _options.Birth == BirthPolicy.MajorityDecides && elsewhereNow >= _birth.Members.Majority;
        if (neverHadMajority || outvoted)
        {
            _hasGivenUp = true;
            string lost = outvoted && !neverHadMajority
                ? $"what this node held is lost: {_machine.MessageCount} messages known to it in {_machine.Topics.Count} topics, {_core.Log.Last.Index} log entries"
                : "nothing that was acknowledged is lost";
            _ports.GiveUpBirth($"a majority of the members belongs to cluster {other}: giving up cluster {Identity.Cluster}; {lost}");
        }
    }

    private void ReportDifferences(QueueLimits limits)
    {
        if (limits != _options.Limits)
        {
            _ports.Report(EventLevel.Warning, "the configured limits differ from the cluster's; the cluster's hold, the file only seeds them at birth");
        }
    }
}
