using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Node;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;

namespace RaftMQ.Transport.Tests.Support;

/// <summary>Bytes as they go over the wire, made by hand.</summary>
internal static class Frames
{
    /// <summary>A sealed message frame.</summary>
    public static byte[] Of(ClusterId cluster, PeerMessage message)
    {
        byte[] frame = new byte[FrameHeader.Size + PeerMessageCodec.BodySize(message)];
        PeerMessageCodec.Write(frame, cluster, message);
        FrameHeader.Seal(frame);
        return frame;
    }

    /// <summary>What everybody says of cluster versions where a test has no other wish.</summary>
    public static SpokenVersions Version1 { get; } = new(new ClusterVersions(1, 1), 1);

    /// <summary>What a dialler sends first.</summary>
    public static byte[] Hello(ServerIdentity self, ServerId expects) => Introduction.Hello(self, Version1, expects.Node, "").Encode(withPreamble: true);

    /// <summary>Equality by content: records compare payloads by reference.</summary>
    public static bool AreEqual(PeerMessage a, PeerMessage b) => (a, b) switch
    {
        (RaftPeerMessage { Message: AppendEntries x }, RaftPeerMessage { Message: AppendEntries y }) =>
            x with { Entries = default } == y with { Entries = default } && AreEqual(x.Entries.ToArray(), y.Entries.ToArray()),
        (RaftPeerMessage { Message: InstallSnapshot x }, RaftPeerMessage { Message: InstallSnapshot y }) =>
            x with { Data = default } == y with { Data = default } && x.Data.Span.SequenceEqual(y.Data.Span),
        (ForwardRequest x, ForwardRequest y) =>
            x with { Command = default } == y with { Command = default } && x.Command.Span.SequenceEqual(y.Command.Span),
        (BirthCertificate x, BirthCertificate y) => x.From == y.From && x.To == y.To && AreEqual([x.Entry], [y.Entry]),
        _ => a == b,
    };

    private static bool AreEqual(LogEntry[] a, LogEntry[] b) =>
        a.Length == b.Length
        && a.Zip(b).All(pair => pair.First with { Payload = default } == pair.Second with { Payload = default }
            && pair.First.Payload.Span.SequenceEqual(pair.Second.Payload.Span));
}
