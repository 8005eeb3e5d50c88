using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;

namespace RaftMQ.Transport.Links;

/// <summary>A connection that a peer dialled, after the handshake: its messages arrive here.</summary>
internal sealed class InboundConnection(LinkContext context, PeerConnection connection, PeerLink link, ServerIdentity self, Introduction hello)
{
    /// <summary>Who this node was in the handshake.</summary>
    public ServerIdentity Self { get; } = self;

    /// <summary>Who the other end was in the handshake.</summary>
    public ServerIdentity Peer { get; } = hello.Identity;

    /// <summary>What the other end said of cluster versions in the handshake.</summary>
    public SpokenVersions PeerVersions { get; } = hello.Versions;

    public PeerConnection Connection { get; } = connection;

    /// <summary>The link whose half it is.</summary>
    public PeerLink Link { get; } = link;

    /// <summary>Completes when nothing more will be delivered from it.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The peer's cluster as its latest frame named it: it may have been born since the handshake.</summary>
    public ClusterId PeerCluster { get; private set; } = hello.Identity.Cluster;

    /// <summary>Hands on messages until the connection ends.</summary>
    /// <returns>Why the peer refused the welcome, if it did.</returns>
    /// <exception cref="PeerProtocolException">The peer sent rubbish.</exception>
    public async Task<RefusalReason> RunAsync()
    {
        do
        {
            while (Connection.Receiver.TryTakeFrame(out FrameHeader header, out ReadOnlySpan<byte> body))
            {
                if (header.Type == FrameType.Refusal)
                {
                    return Introduction.Read(header, body).Reason;
                }

                PeerMessage message = PeerMessageCodec.Read(header.Type, body);
                PeerCluster = header.Cluster;
                if (!HandshakeRules.MayTalk(context.Self.Cluster, header.Cluster))
                {
                    await RefuseAsync(RefusalReason.OtherCluster).ConfigureAwait(false);
                    return RefusalReason.None;
                }

                Deliver(header.Cluster, message);
            }
        }
        while (await Connection.FillAsync().ConfigureAwait(false));
        return RefusalReason.None;
    }

    /// <summary>Says why, as far as the other end still listens, and leaves the closing to the caller.</summary>
    public async ValueTask RefuseAsync(RefusalReason reason)
    {
        context.Logger.HandshakeRefused(Peer.Server, Connection.Remote, HandshakeRules.Advice(reason, byPeer: false, context.Versions, PeerVersions));
        await Connection.WriteAsync(Introduction.Refusal(context.Self, context.Versions, reason).Encode(withPreamble: false)).ConfigureAwait(false);
    }

    /// <summary>
    /// A message that names another sender than the handshake, or another receiver than this very life of this node, is not for anybody here.
    /// </summary>
    private void Deliver(ClusterId cluster, PeerMessage message)
    {
        if (message.From == Peer.Server && message.To == context.Self.Server)
        {
            context.Events.OnMessage(cluster, message);
        }
        else
        {
            context.Logger.MessageForAnother(Peer.Server, message.From, message.To);
        }
    }
}
