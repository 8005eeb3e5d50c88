using System.Net.Sockets;
using RaftMQ.Node;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;

namespace RaftMQ.Transport.Links;

/// <summary>A connection that this node dialled, after the handshake: its messages leave here. The other end only ever says why it closes.</summary>
internal sealed class OutboundConnection(LinkContext context, PeerConnection connection, Socket socket, ServerIdentity self, Introduction welcome)
{
    private readonly SendQueue _queue = new(context.Options.MaxFrameBytes, context.Options.MaxQueuedBytes, frame => SendNow(socket, frame));

    /// <summary>Who this node was in the handshake.</summary>
    public ServerIdentity Self { get; } = self;

    /// <summary>Who the other end was in the handshake.</summary>
    public ServerIdentity Peer { get; } = welcome.Identity;

    /// <summary>What the other end said of cluster versions in the handshake.</summary>
    public SpokenVersions PeerVersions { get; } = welcome.Versions;

    public PeerConnection Connection { get; } = connection;

    public long QueuedBytes => _queue.QueuedBytes;

    /// <summary>Why the other end closed it, if it said so.</summary>
    public Introduction? RefusedBy { get; private set; }

    public bool TrySend(PeerMessage message)
    {
        EnqueueOutcome outcome = _queue.TryEnqueue(context.Self.Cluster, message);
        if (outcome == EnqueueOutcome.TooLarge)
        {
            context.Logger.MessageTooLarge(PeerMessageCodec.TypeOf(message), Peer.Server, context.Options.MaxFrameBytes);
        }

        return outcome == EnqueueOutcome.Queued;
    }

    /// <summary>Runs until the connection has ended.</summary>
    public async Task RunAsync()
    {
        Task writing = WriteAllAsync();
        try
        {
            RefusedBy = await Connection.ReadIntroductionAsync().ConfigureAwait(false);
            if (RefusedBy is { Type: not FrameType.Refusal })
            {
                throw new PeerProtocolException("a second greeting");
            }
        }
        catch (PeerProtocolException rubbish)
        {
            context.Logger.RubbishFromPeer(Peer.Server, Connection.Remote, rubbish.Message);
        }
        catch (Exception end) when (PeerConnection.IsEnd(end))
        {
            // The other end has gone, or this one closed.
        }
        finally
        {
            Connection.Close("the peer closed it");
            _queue.Close();
            context.Logger.ConnectionEnded("to", Peer.Server, Connection.ClosedBecause!);
            await writing.ConfigureAwait(false);
            Connection.Dispose();
        }
    }

    /// <summary>Hands a frame to the system without waiting.</summary>
    /// <returns>How many of its bytes were taken; 0 too if the connection has failed, which the writer will see.</returns>
    private static int SendNow(Socket socket, ReadOnlySpan<byte> frame)
    {
        try
        {
            int sent = socket.Send(frame, SocketFlags.None, out SocketError error);
            return error == SocketError.Success ? sent : 0;
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    private async Task WriteAllAsync()
    {
        try
        {
            while (await _queue.WaitAsync().ConfigureAwait(false))
            {
                await Connection.WriteAsync(_queue.Take()).ConfigureAwait(false);
                _queue.Written();
            }
        }
        catch (Exception end) when (PeerConnection.IsEnd(end))
        {
            Connection.Close("it could not be written to");
        }
        finally
        {
            _queue.Release();
        }
    }
}
