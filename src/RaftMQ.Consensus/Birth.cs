using System.Buffers.Binary;

namespace RaftMQ.Consensus;

/// <summary>
/// The first entry of every log, index 1 of term 1: the cluster's name, its members with the incarnations known at the time, and the settings that the
/// state machine starts from. It is made once, by the founder, so whoever knows a cluster's id knows its birth: any member may hand it to an
/// unborn one.
/// </summary>
/// <param name="Cluster">The random name of the cluster.</param>
/// <param name="Founder">The server that founded it: the leader of term 1, which has no election.</param>
/// <param name="Members">The first configuration.</param>
/// <param name="Settings">The state machine's first command; opaque here.</param>
public sealed record Birth(ClusterId Cluster, ServerId Founder, Membership Members, ReadOnlyMemory<byte> Settings)
{
    /// <summary>Where a birth stands in the log.</summary>
    public static readonly LogPosition Position = new(new LogIndex(1), new Term(1));

    private const byte Version = 1;
    private const int HeaderBytes = 1 + 16 + 4 + 8;

    /// <summary>The bytes of the entry's payload.</summary>
    public byte[] Encode()
    {
        byte[] members = Members.Encode();
        byte[] bytes = new byte[HeaderBytes + members.Length + Settings.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(1), Cluster.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(17), Founder.Node.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(21), Founder.Incarnation);
        members.CopyTo(bytes.AsSpan(HeaderBytes));
        Settings.Span.CopyTo(bytes.AsSpan(HeaderBytes + members.Length));
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are not a birth.</exception>
    public static Birth Decode(ReadOnlyMemory<byte> payload)
    {
        ReadOnlySpan<byte> bytes = payload.Span;
        if (bytes.Length < HeaderBytes || bytes[0] != Version)
        {
            throw new FormatException("the birth entry is too short or of an unknown version");
        }

        var cluster = new ClusterId(BinaryPrimitives.ReadUInt128LittleEndian(bytes[1..]));
        if (!cluster.IsBorn)
        {
            throw new FormatException("the birth entry names no cluster");
        }

        var founder = new ServerId(
            new NodeId(BinaryPrimitives.ReadUInt32LittleEndian(bytes[17..])), BinaryPrimitives.ReadUInt64LittleEndian(bytes[21..]));
        Membership members = Membership.Decode(bytes[HeaderBytes..], out int length);
        return new Birth(cluster, founder, members, payload[(HeaderBytes + length)..]);
    }

    /// <summary>The cluster's version as the payload states it, before anything else is read.</summary>
    internal static int ClusterVersionIn(ReadOnlySpan<byte> payload) => Membership.ClusterVersionIn(payload.Length > HeaderBytes ? payload[HeaderBytes..] : default);
}
