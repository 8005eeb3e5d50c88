using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Links;

namespace RaftMQ.Transport;

/// <summary>The links to the other nodes: framed messages over TCP (<c>PROTOCOL.md</c>). All members may be called from any thread.</summary>
public sealed class PeerNetwork : IPeerNetwork
{
    private const int SmallestMaxFrameBytes = 1024;
    private const int LargestBound = 1024 * 1024 * 1024;

    private readonly PeerNetworkOptions _options;
    private readonly ILogger _logger;
    // Never disposed: it owns no timer, and a connection may still be handed over while the network ends.
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Task, byte> _served = [];
    private readonly List<Task> _loops = [];
    private PeerListener? _listener;
    private volatile Running? _running;
    private bool _disposed;

    /// <summary>Prepares the network; nothing is dialled or accepted before <see cref="Start"/>.</summary>
    /// <exception cref="FormatException">A peer's address is not host:port.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A bound of the options is outside its own bounds.</exception>
    public PeerNetwork(PeerNetworkOptions options, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxFrameBytes, SmallestMaxFrameBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxFrameBytes, LargestBound);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxQueuedBytes, LargestBound);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Peers.Count, Membership.MaxMembers - 1);
        foreach (string address in options.Peers.Values)
        {
            PeerAddress.Parse(address);
        }

        _options = options;
        _logger = logger;
    }

    /// <summary>The first bytes of every peer connection, by which a shared port tells it from HTTP.</summary>
    public static ReadOnlySpan<byte> Magic => "RAFTMQ\r\n"u8;

    /// <summary>Where it listens, once bound: with port 0 in the options the system has chosen one. Null if somebody else accepts.</summary>
    public IPEndPoint? LocalAddress => _listener?.Address;

    /// <summary>
    /// Binds the listener now, so that a taken port shows before anything else starts. Optional; <see cref="Start"/> does it otherwise. Connections
    /// that come before the start are closed at once, so that their diallers try again rather than wait.
    /// </summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public void Bind()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_listener is null && _options.Listen is { } address)
            {
                _listener = new PeerListener(address, _logger);
                _loops.Add(Task.Run(() => ReportDefectAsync(_listener.RunAsync(Serve, _stopping.Token))));
            }
        }
    }

    /// <summary>
    /// Takes a connection that was accepted elsewhere and begins with <see cref="Magic"/> (not consumed yet); ends when the connection ends.
    /// </summary>
    public async Task AcceptAsync(Stream connection, EndPoint? remote, CancellationToken cancellation)
    {
        if (_running is not { } running)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping.Token);
        Task serving = running.Acceptor.ServeAsync(connection, remote, either.Token);
        _served.TryAdd(serving, 0);
        try
        {
            await serving.ConfigureAwait(false);
        }
        finally
        {
            _served.TryRemove(serving, out _);
        }
    }

    /// <inheritdoc/>
    public void Start(ServerIdentity self, SpokenVersions versions, IPeerEvents events)
    {
        Bind();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Invariant.Require(_running is null, "a network is started once");
            Invariant.Require(!_options.Peers.ContainsKey(self.Server.Node), "a node is not its own peer");
            var context = new LinkContext(_options, _logger, self, versions, events, _stopping.Token);
            _loops.Add(Task.Run(() => ReportDefectAsync(context.Watch.RunAsync(_stopping.Token))));
            PointAt(context, _options.Peers);
            _running = new Running(context, new Acceptor(context));
        }
    }

    /// <inheritdoc/>
    public void SetPeers(IReadOnlyDictionary<NodeId, string> peers)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                Invariant.Require(_running is not null, "a network is started before members come and go");
                PointAt(_running.Context, peers);
            }
        }
    }

    /// <inheritdoc/>
    public void Identify(ServerIdentity self)
    {
        Running? running = _running;
        Invariant.Require(running is not null, "a network is started before its node is born");
        running.Context.Self = self;
        foreach (PeerLink link in running.Context.Links.Values)
        {
            link.OnSelfChanged();
        }
    }

    /// <inheritdoc/>
    public void SetVersions(SpokenVersions versions)
    {
        Running? running = _running;
        Invariant.Require(running is not null, "a network is started before the cluster's version changes");
        running.Context.Versions = versions;
    }

    /// <inheritdoc/>
    public bool TrySend(PeerMessage message) =>
        _running is { } running && running.Context.Links.TryGetValue(message.To.Node, out PeerLink? link) && link.TrySend(message);

    /// <summary>Closes all links and ends all work; no event is raised after it.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener?.Dispose();
        _running?.Context.Watch.CloseAll();
        await Task.WhenAll(_loops).ConfigureAwait(false);
        await Task.WhenAll(_served.Keys).ConfigureAwait(false);
    }

    private void PointAt(LinkContext context, IReadOnlyDictionary<NodeId, string> peers)
    {
        IReadOnlyDictionary<NodeId, PeerLink> before = context.Links;
        var links = new Dictionary<NodeId, PeerLink>();
        var begun = new List<PeerLink>();
        foreach ((NodeId node, string text) in peers)
        {
            EndPoint address = PeerAddress.Parse(text);
            if (before.TryGetValue(node, out PeerLink? link))
            {
                link.Address = address;
            }
            else
            {
                link = new PeerLink(context, node, address);
                begun.Add(link);
            }

            links.Add(node, link);
        }

        // Known before they are dialled, so that an answer finds them.
        context.Links = links;
        _loops.RemoveAll(loop => loop.IsCompleted);
        _loops.AddRange(begun.Select(link => Task.Run(() => ReportDefectAsync(new Dialler(context, link).RunAsync()))));
        foreach (PeerLink link in before.Values.Where(link => !links.ContainsKey(link.Node)))
        {
            link.Retire();
        }
    }

    private void Serve(Socket socket)
    {
        if (_running is not { } running || !running.Acceptor.HasRoom(socket))
        {
            socket.Dispose();
            return;
        }

        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _served.TryAdd(ended.Task, 0);
        var thread = new Thread(() => ServeOnThisThread(running.Acceptor, socket, ended)) { IsBackground = true, Name = "raftmq-link" };
        thread.Start();
    }

    private void ServeOnThisThread(Acceptor acceptor, Socket socket, TaskCompletionSource ended)
    {
        try
        {
            PeerSocket.Prepare(socket);
            acceptor.ServeAsync(new BlockingSocketStream(socket), socket.RemoteEndPoint, _stopping.Token).GetAwaiter().GetResult();
        }
        catch (Exception gone) when (PeerConnection.IsEnd(gone))
        {
            // It went before it was looked at.
        }
        catch (Exception defect)
        {
            _logger.Defect(defect);
        }
        finally
        {
            socket.Dispose();
            _served.TryRemove(ended.Task, out _);
            ended.SetResult();
        }
    }

    private async Task ReportDefectAsync(Task work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (Exception defect)
        {
            _logger.Defect(defect);
        }
    }

    /// <summary>What exists from the start on.</summary>
    private sealed record Running(LinkContext Context, Acceptor Acceptor);
}
