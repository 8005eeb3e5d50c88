using System.Buffers.Binary;
using System.Text;

namespace RaftMQ.Consensus;

/// <summary>One seat of the configuration: a node, and the incarnation that sits in it.</summary>
/// <param name="Node">The node the seat belongs to.</param>
/// <param name="Incarnation">Whose votes and acknowledgements count; 0 while the seat is vacant: it is counted in the total, and nobody sits in it.</param>
/// <param name="PeerAddress">Where the other nodes reach it, as host:port; at most 255 bytes of UTF-8.</param>
/// <param name="ClientAddress">Where clients reach it, as host:port; at most 255 bytes of UTF-8.</param>
public sealed record Member(NodeId Node, ulong Incarnation, string PeerAddress, string ClientAddress)
{
    /// <summary>The server in the seat; its incarnation is 0 if the seat is vacant.</summary>
    public ServerId Server => new(Node, Incarnation);
}

/// <summary>
/// A configuration: who votes. In force as soon as it stands in the log (thesis §4.1). A seat is vacant until its node is <em>admitted</em>:
/// at birth for a member not yet met, and after a disk was lost. Two configurations that follow each other differ in one seat, which is either
/// vacated or taken, so that every majority of the one meets every majority of the other in a server that both name (docs/decisions/0002).
/// </summary>
public sealed class Membership
{
    /// <summary>The most seats a configuration may have.</summary>
    public const int MaxVoters = 9;

    private const int MaxAddressBytes = 255;

    private readonly Member[] _members;
    private readonly ServerId[] _voters;

    /// <summary>A configuration of 1 to <see cref="MaxVoters"/> seats, each of another node.</summary>
    public Membership(IReadOnlyList<Member> members)
    {
        Invariant.Require(members.Count is >= 1 and <= MaxVoters, "a configuration has 1 to MaxVoters seats");
        _members = [.. members.OrderBy(member => member.Node)];
        for (int i = 1; i < _members.Length; i++)
        {
            Invariant.Require(_members[i - 1].Node != _members[i].Node, "a node has one seat");
        }

        _voters = [.. _members.Select(member => member.Server)];
    }

    /// <summary>The seats in order of node.</summary>
    public IReadOnlyList<Member> Members => _members;

    /// <summary>The server of each seat, in order of node; a vacant seat stands as incarnation 0, which no server has.</summary>
    public IReadOnlyList<ServerId> Voters => _voters;

    /// <summary>How many servers are more than half of all seats, vacant ones included.</summary>
    public int Majority => (_members.Length / 2) + 1;

    /// <summary>Whether this server sits in a seat, so that its vote and its acknowledgements count.</summary>
    public bool Counts(ServerId server) => server.Incarnation != 0 && Array.IndexOf(_voters, server) >= 0;

    /// <summary>The seat of a node, or null if it has none.</summary>
    public Member? Find(NodeId node) => Array.Find(_members, member => member.Node == node);

    /// <summary>This configuration with the seat of <paramref name="node"/> vacant or taken by <paramref name="incarnation"/>.</summary>
    public Membership WithIncarnation(NodeId node, ulong incarnation) =>
        new([.. _members.Select(member => member.Node == node ? member with { Incarnation = incarnation } : member)]);

    /// <summary>Whether <paramref name="next"/> may follow this configuration: the same seats, and one of them vacated or taken.</summary>
    public bool MayBeFollowedBy(Membership next)
    {
        if (next._members.Length != _members.Length)
        {
            return false;
        }

        int changed = 0;
        for (int i = 0; i < _members.Length; i++)
        {
            Member before = _members[i];
            Member after = next._members[i];
            if (before.Node != after.Node)
            {
                return false;
            }

            if (before.Incarnation != after.Incarnation)
            {
                bool vacatedOrTaken = before.Incarnation == 0 || after.Incarnation == 0;
                if (!vacatedOrTaken)
                {
                    return false;
                }

                changed++;
            }
        }

        return changed == 1;
    }

    /// <summary>The bytes of this configuration as an entry's payload: version, count, then each seat.</summary>
    public byte[] Encode()
    {
        var bytes = new List<byte> { 1, (byte)_members.Length };
        foreach (Member member in _members)
        {
            AppendUInt(bytes, member.Node.Value, sizeof(uint));
            AppendUInt(bytes, member.Incarnation, sizeof(ulong));
            AppendAddress(bytes, member.PeerAddress);
            AppendAddress(bytes, member.ClientAddress);
        }

        return [.. bytes];
    }

    /// <summary>Reads what <see cref="Encode"/> wrote from the beginning of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">The payload, or what follows it too.</param>
    /// <param name="length">How many bytes were read.</param>
    /// <exception cref="FormatException">The bytes are not a configuration.</exception>
    public static Membership Decode(ReadOnlySpan<byte> bytes, out int length)
    {
        var reader = new SpanReader(bytes);
        byte version = reader.Byte();
        if (version != 1)
        {
            throw new FormatException($"a membership of version {version} is not known here; this program knows version 1");
        }

        int count = reader.Byte();
        if (count is < 1 or > MaxVoters)
        {
            throw new FormatException($"a membership of {count} seats is outside 1 to {MaxVoters}");
        }

        var members = new Member[count];
        for (int i = 0; i < count; i++)
        {
            members[i] = new Member(new NodeId(reader.UInt32()), reader.UInt64(), reader.String(), reader.String());
            if (i > 0 && members[i].Node.CompareTo(members[i - 1].Node) <= 0)
            {
                throw new FormatException("the seats of a membership are not in ascending order of node");
            }
        }

        length = reader.Position;
        return new Membership(members);
    }

    private static void AppendUInt(List<byte> bytes, ulong value, int size)
    {
        Span<byte> buffer = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(buffer, value);
        bytes.AddRange(buffer[..size]);
    }

    private static void AppendAddress(List<byte> bytes, string address)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(address);
        Invariant.Require(utf8.Length <= MaxAddressBytes, "an address has at most 255 bytes");
        bytes.Add((byte)utf8.Length);
        bytes.AddRange(utf8);
    }

    private ref struct SpanReader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;

        public int Position { get; private set; }

        public byte Byte() => Take(1)[0];

        public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

        public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

        public string String() => Encoding.UTF8.GetString(Take(Byte()));

        private ReadOnlySpan<byte> Take(int count)
        {
            if (count > _bytes.Length - Position)
            {
                throw new FormatException("a membership ends before its last seat");
            }

            ReadOnlySpan<byte> taken = _bytes.Slice(Position, count);
            Position += count;
            return taken;
        }
    }
}
