namespace RaftMQ.Transport.Codec;

/// <summary>The bytes of a peer are not the protocol. The message completes the sentence "the peer sent …".</summary>
internal sealed class PeerProtocolException(string message) : Exception(message);
