using System.Net;
using System.Net.Sockets;
using RaftMQ.Consensus;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;

namespace RaftMQ.Transport.Links;

/// <summary>Answers those who dial this node: hears who they are, refuses or welcomes them, and hands their messages on.</summary>
internal sealed class Acceptor(LinkContext context)
{
    private const int MaxStrangersKnown = 256;

    private readonly LogLimiter _strangers = new();
    private readonly HashSet<(NodeId Node, RefusalReason Reason)> _refusedStrangers = [];
    private int _halfOpen;

    /// <summary>Whether one more may introduce itself; if not, that is logged.</summary>
    public bool HasRoom(Socket socket)
    {
        bool hasRoom = Volatile.Read(ref _halfOpen) < context.Options.MaxHalfOpenConnections;
        if (!hasRoom)
        {
            LogFull(PeerConnection.AddressOf(socket));
        }

        return hasRoom;
    }

    /// <summary>Serves an accepted connection until it ends; never throws for what the other end does.</summary>
    public async Task ServeAsync(Stream stream, EndPoint? remote, CancellationToken cancellation)
    {
        var connection = new PeerConnection(stream, remote, context.Watch, cancellation);
        try
        {
            InboundConnection? inbound = await ShakeHandsWithinBoundsAsync(connection).ConfigureAwait(false);
            if (inbound is not null)
            {
                await RunAsync(inbound).ConfigureAwait(false);
            }
        }
        catch (PeerProtocolException rubbish)
        {
            LogStranger(connection.Remote, rubbish.Message);
        }
        catch (Exception end) when (PeerConnection.IsEnd(end))
        {
            // The other end has gone, or this one closed.
        }
        finally
        {
            connection.Dispose();
        }
    }

    private async Task<InboundConnection?> ShakeHandsWithinBoundsAsync(PeerConnection connection)
    {
        try
        {
            if (Interlocked.Increment(ref _halfOpen) > context.Options.MaxHalfOpenConnections)
            {
                LogFull(connection.Remote);
                return null;
            }

            return await ShakeHandsAsync(connection).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _halfOpen);
        }
    }

    private async Task<InboundConnection?> ShakeHandsAsync(PeerConnection connection)
    {
        if (await connection.ReadPreambleAsync().ConfigureAwait(false) is not { } preamble)
        {
            return null;
        }

        ServerIdentity self = context.Self;
        if (!preamble.Known)
        {
            LogStranger(connection.Remote, $"version {preamble.Version} of the peer protocol, or flags, that this version of raftmq does not know");
            await RefuseAsync(connection, self, RefusalReason.Version).ConfigureAwait(false);
            return null;
        }

        if (await connection.ReadIntroductionAsync().ConfigureAwait(false) is not { } hello)
        {
            return null;
        }

        if (hello.Type == FrameType.Refusal)
        {
            // The dialler does not know this version: it has said so, and has logged it.
            return null;
        }

        if (hello.Type != FrameType.Hello)
        {
            throw new PeerProtocolException("a welcome where a hello is due");
        }

        return await AnswerAsync(connection, self, hello).ConfigureAwait(false);
    }

    private async Task<InboundConnection?> AnswerAsync(PeerConnection connection, ServerIdentity self, Introduction hello)
    {
        PeerLink? link = context.Links.GetValueOrDefault(hello.Identity.Server.Node);
        if (HandshakeRules.IsMeeting(self, link is not null, hello))
        {
            context.Events.OnPeerMet(hello.Identity, AddressIn(hello));
        }

        RefusalReason refusal = HandshakeRules.JudgeHello(self, context.Versions, link is not null, hello);
        if (refusal == RefusalReason.NotAMember && !hello.Identity.Cluster.IsBorn)
        {
            context.Events.OnStranger(hello.Identity.Server.Node, hello.Versions.Understands);
        }

        if (refusal == RefusalReason.None)
        {
            var inbound = new InboundConnection(context, connection, link!, self, hello);
            refusal = link!.Open(inbound);
            if (refusal == RefusalReason.None)
            {
                connection.MarkIntroduced(context.Options.MaxFrameBytes);
                return inbound;
            }
        }

        LogRefusal(connection, link, hello, refusal);
        await RefuseAsync(connection, self, refusal).ConfigureAwait(false);
        return null;
    }

    /// <summary>
    /// Welcomes a peer whose connection is registered, and serves it. Registered first, so that the link is up before its first message.
    /// </summary>
    private async Task RunAsync(InboundConnection inbound)
    {
        PeerLink link = inbound.Link;
        try
        {
            await inbound.Connection.WriteAsync(Introduction.Welcome(inbound.Self, context.Versions).Encode(withPreamble: true)).ConfigureAwait(false);

            // Who has just dialled is there to be dialled.
            link.RedialNow();
            RefusalReason refused = await inbound.RunAsync().ConfigureAwait(false);
            if (refused != RefusalReason.None && link.IsNews(refused, dialled: false))
            {
                context.Logger.RefusedByPeer(link.Node, inbound.Connection.Remote, HandshakeRules.Advice(refused, byPeer: true, context.Versions, inbound.PeerVersions));
            }
        }
        catch (PeerProtocolException rubbish)
        {
            context.Logger.RubbishFromPeer(inbound.Peer.Server, inbound.Connection.Remote, rubbish.Message);
        }
        finally
        {
            inbound.Connection.Close("the peer closed it");
            context.Logger.ConnectionEnded("from", inbound.Peer.Server, inbound.Connection.ClosedBecause!);
            link.Closed(inbound);
            inbound.Ended.SetResult();
        }
    }

    /// <summary>What is no address is as if it had not been said: it would end whoever dialled it.</summary>
    private static string? AddressIn(Introduction hello)
    {
        try
        {
            _ = PeerAddress.Parse(hello.Address);
            return hello.Address;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private ValueTask RefuseAsync(PeerConnection connection, ServerIdentity self, RefusalReason reason) =>
        connection.WriteAsync(Introduction.Refusal(self, context.Versions, reason).Encode(withPreamble: true));

    private void LogRefusal(PeerConnection connection, PeerLink? link, Introduction hello, RefusalReason reason)
    {
        ServerIdentity peer = hello.Identity;
        bool news = link?.IsNews(reason, dialled: false) ?? IsNews(peer.Server.Node, reason);
        if (!news)
        {
            return;
        }

        if (HandshakeRules.PassesByItself(context.Self.Cluster, peer.Cluster, reason))
        {
            context.Logger.NotKnownHere(peer.Server.Node, connection.Remote);
        }
        else
        {
            context.Logger.HandshakeRefused(peer.Server, connection.Remote, HandshakeRules.Advice(reason, byPeer: false, context.Versions, hello.Versions));
        }
    }

    /// <summary>A node that has left, or is to come, dials again and again: that is said once, as far as there is room to remember it.</summary>
    private bool IsNews(NodeId stranger, RefusalReason reason)
    {
        lock (_refusedStrangers)
        {
            return _refusedStrangers.Count < MaxStrangersKnown && _refusedStrangers.Add((stranger, reason)) && _strangers.MayLog(out _);
        }
    }

    private void LogFull(string remote) =>
        LogStranger(remote, $"a connection while {context.Options.MaxHalfOpenConnections} others have not introduced themselves");

    private void LogStranger(string remote, string what)
    {
        if (_strangers.MayLog(out int suppressed))
        {
            context.Logger.RubbishFromStranger(remote, what, suppressed);
        }
    }
}
