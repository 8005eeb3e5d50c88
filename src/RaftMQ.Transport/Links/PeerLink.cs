using System.Net;
using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Transport.Handshakes;

namespace RaftMQ.Transport.Links;

/// <summary>
/// What a node has to do with one other member: a connection that it dialled, on which its messages leave, and one that the member dialled, on which
/// the member's arrive. The link is up while it has both, with the same server. Events are raised under the lock, so that their order is true.
/// </summary>
internal sealed class PeerLink(LinkContext context, NodeId node, EndPoint address)
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _redialNow = new(0, 1);

    // Never disposed: it owns no timer, and the dialler may still look at it.
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(context.Stopping);
    private volatile EndPoint _address = address;
    private OutboundConnection? _outbound;
    private InboundConnection? _inbound;
    private ServerId? _reportedUp;
    private bool _isRetired;
    private readonly HashSet<(RefusalReason Reason, bool Dialled)> _refusalsLogged = [];

    public NodeId Node { get; } = node;

    /// <summary>Where it is dialled from the next attempt on; what is open stays.</summary>
    public EndPoint Address
    {
        get => _address;
        set => _address = value;
    }

    /// <summary>Cancelled when the node is no member any more, or the network ends.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Sends over the connection that was dialled, if it leads to exactly this server.</summary>
    public bool TrySend(PeerMessage message)
    {
        OutboundConnection? outbound = Volatile.Read(ref _outbound);
        return outbound is not null && outbound.Peer.Server == message.To && outbound.TrySend(message);
    }

    /// <summary>A handshake that this node began is done.</summary>
    public RefusalReason Open(OutboundConnection connection)
    {
        lock (_gate)
        {
            RefusalReason refusal = Judge(connection.Self.Server, connection.Peer.Server, _inbound?.Peer.Server);
            if (refusal != RefusalReason.None)
            {
                return refusal;
            }

            _outbound = connection;
            ReportIfUp();
        }

        return RefusalReason.None;
    }

    /// <summary>
    /// A handshake that the peer began is done. A second connection of the same incarnation takes the place of the first, which is dead without our
    /// having heard of it.
    /// </summary>
    public RefusalReason Open(InboundConnection connection)
    {
        InboundConnection? replaced;
        lock (_gate)
        {
            ServerId? connected = _outbound?.Peer.Server ?? _inbound?.Peer.Server;
            RefusalReason refusal = Judge(connection.Self.Server, connection.Peer.Server, connected);
            if (refusal != RefusalReason.None)
            {
                return refusal;
            }

            replaced = _inbound;
            _inbound = connection;
            ReportIfUp();
        }

        replaced?.Connection.Close("the peer has dialled anew");
        return RefusalReason.None;
    }

    /// <summary>A connection that was open has ended.</summary>
    public void Closed(OutboundConnection connection)
    {
        lock (_gate)
        {
            _outbound = _outbound == connection ? null : _outbound;
        }
    }

    /// <inheritdoc cref="Closed(OutboundConnection)"/>
    public void Closed(InboundConnection connection)
    {
        lock (_gate)
        {
            _inbound = _inbound == connection ? null : _inbound;
        }
    }

    /// <summary>
    /// An attempt to dial has failed or was refused: a server that was reported up is reported down, after the last message that it had sent. Else
    /// an append that was still to be read would, coming after the report, look like a sign of life.
    /// </summary>
    public async ValueTask DialFailedAsync()
    {
        InboundConnection? left = _inbound;
        if (_reportedUp is null)
        {
            return;
        }

        if (left is not null)
        {
            // A dead process has closed its end, behind what it had sent; one that cannot be reached has not, and is not waited for.
            await Task.WhenAny(left.Ended.Task, Task.Delay(DrainTimeout)).ConfigureAwait(false);
            left.Connection.Close("the peer cannot be dialled any more");
            await left.Ended.Task.ConfigureAwait(false);
        }

        lock (_gate)
        {
            // Whoever has dialled meanwhile is not dead: the next attempt will show.
            if (_reportedUp is { } server && _inbound is null)
            {
                ReportDown(server, context.Logger.LinkDown);
            }
        }
    }

    /// <summary>The node's identity has changed: what was agreed with the old incarnation, or with members of another cluster, ends.</summary>
    public void OnSelfChanged()
    {
        OutboundConnection? outbound;
        InboundConnection? inbound;
        lock (_gate)
        {
            outbound = _outbound;
            inbound = _inbound;
        }

        if (outbound is not null && IsOutdated(outbound.Self.Server, inbound?.PeerCluster ?? outbound.Peer.Cluster))
        {
            outbound.Connection.Close("this node's identity has changed");
        }

        if (inbound is not null && IsOutdated(inbound.Self.Server, inbound.PeerCluster))
        {
            inbound.Connection.Close("this node's identity has changed");
        }

        RedialNow();
    }

    /// <summary>The node is no member any more: what is open is closed, and nothing is dialled or let in again. Never blocks.</summary>
    public void Retire()
    {
        OutboundConnection? outbound;
        InboundConnection? inbound;
        lock (_gate)
        {
            _isRetired = true;
            (outbound, inbound) = (_outbound, _inbound);
            if (_reportedUp is { } server)
            {
                ReportDown(server, context.Logger.LinkRetired);
            }
        }

        outbound?.Connection.Close("the peer is no member any more");
        inbound?.Connection.Close("the peer is no member any more");
        _ = _stopping.CancelAsync();
    }

    /// <summary>Cuts short the wait before the next attempt, if there is one: something has changed.</summary>
    public void RedialNow()
    {
        lock (_gate)
        {
            if (_outbound is null && _redialNow.CurrentCount == 0)
            {
                _redialNow.Release();
            }
        }
    }

    /// <summary>Waits before the next attempt, or until <see cref="RedialNow"/>.</summary>
    public Task WaitAsync(TimeSpan wait) => _redialNow.WaitAsync(wait, Stopping);

    /// <summary>
    /// Whether a refusal is news: a peer that is refused every second for the same reason is named once, until the link has been up again.
    /// </summary>
    /// <param name="reason">Why it was refused.</param>
    /// <param name="dialled">Whether this node dialled, or the peer.</param>
    public bool IsNews(RefusalReason reason, bool dialled)
    {
        lock (_gate)
        {
            return _refusalsLogged.Add((reason, dialled));
        }
    }

    private RefusalReason Judge(ServerId self, ServerId peer, ServerId? connected)
    {
        if (_isRetired)
        {
            return RefusalReason.NotAMember;
        }

        if (self != context.Self.Server)
        {
            return RefusalReason.IdentityChanged;
        }

        return connected is not null && connected != peer ? RefusalReason.OtherIncarnation : RefusalReason.None;
    }

    private bool IsOutdated(ServerId self, ClusterId peerCluster) =>
        self != context.Self.Server || !HandshakeRules.MayTalk(context.Self.Cluster, peerCluster);

    private void ReportIfUp()
    {
        if (_outbound is null || _inbound is null)
        {
            return;
        }

        ServerId server = _outbound.Peer.Server;
        Invariant.Require(_inbound.Peer.Server == server, "both connections of a link lead to the same server");
        if (_reportedUp is { } before && before != server)
        {
            ReportDown(before, context.Logger.LinkDown);
        }

        _reportedUp = server;
        _refusalsLogged.Clear();
        if (!context.Stopping.IsCancellationRequested)
        {
            context.Logger.LinkUp(server);

            // A process that was replaced by another has not closed both of its connections yet: what both say holds.
            context.Events.OnLinkUp(server, _outbound.PeerVersions.Understands.And(_inbound.PeerVersions.Understands));
        }
    }

    private void ReportDown(ServerId server, Action<ServerId> log)
    {
        _reportedUp = null;
        if (!context.Stopping.IsCancellationRequested)
        {
            log(server);
            context.Events.OnLinkDown(server);
        }
    }
}
