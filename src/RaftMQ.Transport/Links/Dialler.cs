using System.Net;
using System.Net.Sockets;
using RaftMQ.Node;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;

namespace RaftMQ.Transport.Links;

/// <summary>Keeps the outgoing half of a link alive: dials, shakes hands, runs the connection, and begins again when it ends.</summary>
internal sealed class Dialler(LinkContext context, PeerLink link)
{
    private readonly Backoff _backoff = new(context.Timeouts);

    /// <summary>Where this node was told at its start that the peer is reached: tried by turns with what the cluster says, since one of both may be out of date.</summary>
    private readonly EndPoint? _toldAtStart = context.Options.Peers.TryGetValue(link.Node, out string? told) ? PeerAddress.Parse(told) : null;
    private bool _triesWhatWasTold;

    private enum Attempt
    {
        /// <summary>The link was up and has ended.</summary>
        Lost,

        /// <summary>Nobody answered, or not as a peer does.</summary>
        Failed,

        /// <summary>One of both ends refused, and a person has to do something about it.</summary>
        Refused,

        /// <summary>One of both ends refused because of what will pass by itself; the peer is alive.</summary>
        Postponed,
    }

    public async Task RunAsync()
    {
        while (!link.Stopping.IsCancellationRequested)
        {
            Attempt attempt = await DialOnceAsync().ConfigureAwait(false);
            if (attempt is Attempt.Failed or Attempt.Refused)
            {
                await link.DialFailedAsync().ConfigureAwait(false);
                _triesWhatWasTold = !_triesWhatWasTold;
            }

            TimeSpan wait = attempt switch
            {
                Attempt.Lost => _backoff.AfterLoss(),
                Attempt.Refused => context.Timeouts.RefusedRedial,
                _ => _backoff.AfterFailure(),
            };
            await WaitAsync(wait).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitAsync(TimeSpan wait)
    {
        try
        {
            if (wait > TimeSpan.Zero)
            {
                await link.WaitAsync(wait).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The link or the whole network ends; the loop sees it.
        }
    }

    private async Task<Attempt> DialOnceAsync()
    {
        EndPoint address = _triesWhatWasTold ? _toldAtStart ?? link.Address : link.Address;
        Socket? socket = await PeerSocket.ConnectAsync(address, context.Timeouts.Connect, link.Stopping).ConfigureAwait(false);
        if (socket is null)
        {
            return Attempt.Failed;
        }

        var connection = new PeerConnection(new NetworkStream(socket, ownsSocket: true), socket.RemoteEndPoint, context.Watch, link.Stopping);
        try
        {
            return await IntroduceAsync(connection, socket).ConfigureAwait(false);
        }
        catch (PeerProtocolException rubbish)
        {
            if (link.IsNews(RefusalReason.Other, dialled: true))
            {
                context.Logger.RubbishFromDialled(link.Node, connection.Remote, rubbish.Message);
            }

            return Attempt.Refused;
        }
        catch (Exception end) when (PeerConnection.IsEnd(end))
        {
            return Attempt.Failed;
        }
        finally
        {
            connection.Dispose();
        }
    }

    private async Task<Attempt> IntroduceAsync(PeerConnection connection, Socket socket)
    {
        ServerIdentity self = context.Self;
        await connection.WriteAsync(Introduction.Hello(self, context.Versions, link.Node, context.Options.Address).Encode(withPreamble: true)).ConfigureAwait(false);
        if (await connection.ReadPreambleAsync().ConfigureAwait(false) is not { } preamble)
        {
            return Attempt.Failed;
        }

        if (!preamble.Known)
        {
            return await RefuseAsync(connection, self, default, RefusalReason.Version).ConfigureAwait(false);
        }

        if (await connection.ReadIntroductionAsync().ConfigureAwait(false) is not { } answer)
        {
            return Attempt.Failed;
        }

        if (HandshakeRules.IsMeeting(self, context.Links.ContainsKey(answer.Identity.Server.Node), answer))
        {
            context.Events.OnPeerMet(answer.Identity, null);
        }

        if (answer.Type == FrameType.Refusal)
        {
            return Refused(connection, answer);
        }

        RefusalReason refusal = HandshakeRules.JudgeWelcome(self, context.Versions, link.Node, answer);
        if (refusal != RefusalReason.None)
        {
            return await RefuseAsync(connection, self, answer.Versions, refusal).ConfigureAwait(false);
        }

        connection.MarkIntroduced(Introduction.MaxFrameBytes);

        // From here on a send on the sender's own thread must never wait.
        socket.Blocking = false;
        return await RunAsync(new OutboundConnection(context, connection, socket, self, answer)).ConfigureAwait(false);
    }

    private async Task<Attempt> RunAsync(OutboundConnection outbound)
    {
        RefusalReason refusal = link.Open(outbound);
        if (refusal != RefusalReason.None)
        {
            return await RefuseAsync(outbound.Connection, outbound.Self, outbound.PeerVersions, refusal).ConfigureAwait(false);
        }

        _backoff.Reset();
        await outbound.RunAsync().ConfigureAwait(false);
        link.Closed(outbound);
        return outbound.RefusedBy is { Type: FrameType.Refusal } refused ? Refused(outbound.Connection, refused) : Attempt.Lost;
    }

    /// <summary>
    /// An end whose identity has just changed, and one that has not noticed yet that the peer's former life has gone, will think better of it:
    /// dialled again like after a failure, but not taken for one.
    /// </summary>
    private static Attempt Weigh(RefusalReason reason) =>
        reason is RefusalReason.IdentityChanged or RefusalReason.OtherIncarnation ? Attempt.Postponed : Attempt.Refused;

    private Attempt Refused(PeerConnection connection, Introduction refusal)
    {
        RefusalReason reason = refusal.Reason;
        if (!link.IsNews(reason, dialled: true))
        {
            return Weigh(reason);
        }

        if (HandshakeRules.PassesByItself(context.Self.Cluster, refusal.Identity.Cluster, reason))
        {
            context.Logger.NotKnownThere(link.Node, connection.Remote);
        }
        else
        {
            context.Logger.RefusedByPeer(link.Node, connection.Remote, HandshakeRules.Advice(reason, byPeer: true, context.Versions, refusal.Versions));
        }

        return Weigh(reason);
    }

    private async Task<Attempt> RefuseAsync(PeerConnection connection, ServerIdentity self, SpokenVersions theirs, RefusalReason reason)
    {
        // That a link is retired has been said.
        if (reason != RefusalReason.NotAMember && link.IsNews(reason, dialled: true))
        {
            context.Logger.RefusedDialled(link.Node, connection.Remote, HandshakeRules.Advice(reason, byPeer: false, context.Versions, theirs));
        }

        await connection.WriteAsync(Introduction.Refusal(self, context.Versions, reason).Encode(withPreamble: false)).ConfigureAwait(false);
        return Weigh(reason);
    }
}
