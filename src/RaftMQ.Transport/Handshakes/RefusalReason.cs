namespace RaftMQ.Transport.Handshakes;

/// <summary>Why a handshake was refused. The values are on the wire; an unknown one is taken for <see cref="Other"/>.</summary>
internal enum RefusalReason : byte
{
    /// <summary>Not refused.</summary>
    None = 0,

    /// <summary>The other end's protocol version or flags are not known here.</summary>
    Version = 1,

    /// <summary>The other end bears this node's own number.</summary>
    SameNode = 2,

    /// <summary>The other end's number is not in this node's member list.</summary>
    NotAMember = 3,

    /// <summary>The dialler meant another node than the one it reached.</summary>
    WrongNode = 4,

    /// <summary>Both are born, into different clusters.</summary>
    OtherCluster = 5,

    /// <summary>Another incarnation of the same node is connected.</summary>
    OtherIncarnation = 6,

    /// <summary>The end's own identity has just changed; dial again.</summary>
    IdentityChanged = 7,

    /// <summary>The cluster of one end is at a version that the other end's program does not understand.</summary>
    ClusterVersion = 8,

    /// <summary>A reason that this version does not know.</summary>
    Other = 255,
}
