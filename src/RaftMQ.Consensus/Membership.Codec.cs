using System.Buffers.Binary;
using System.Text;

namespace RaftMQ.Consensus;

/// <summary>A configuration as the payload of its entry.</summary>
public sealed partial class Membership
{
    /// <summary>Of a cluster of version 1: it does not state the version.</summary>
    private const byte FormatOfFirstVersion = 2;

    /// <summary>From here on two bytes behind the format are the cluster's version, whatever follows, so that a program that is too old can say which one it needs.</summary>
    private const byte FormatWithVersion = 3;

    private const int MaxAddressBytes = 255;

    /// <summary>The bytes of this configuration as an entry's payload: format, the cluster's version unless it is 1, count, then each member.</summary>
    public byte[] Encode()
    {
        List<byte> bytes = Version == FirstVersion ? [FormatOfFirstVersion] : [FormatWithVersion, (byte)Version, (byte)(Version >> 8)];
        bytes.Add((byte)_members.Length);
        foreach (Member member in _members)
        {
            AppendUInt(bytes, member.Node.Value, sizeof(uint));
            AppendUInt(bytes, member.Incarnation, sizeof(ulong));
            bytes.Add((byte)member.Suffrage);
            AppendUInt(bytes, member.Replaces.Value, sizeof(uint));
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
        byte format = reader.Byte();
        if (format is not (FormatOfFirstVersion or FormatWithVersion))
        {
            throw new FormatException($"a membership of format {format} is not known here; this program knows formats {FormatOfFirstVersion} and {FormatWithVersion}");
        }

        int version = format == FormatWithVersion ? reader.UInt16() : FirstVersion;
        if (version < FirstVersion)
        {
            throw new FormatException($"there is no cluster version {version}");
        }

        int count = reader.Byte();
        if (count > MaxMembers)
        {
            throw new FormatException($"a membership of {count} members is outside 1 to {MaxMembers}");
        }

        var members = new Member[count];
        for (int i = 0; i < count; i++)
        {
            members[i] = reader.Member();
        }

        length = reader.Position;
        return ObjectionTo(members) is { } objection ? throw new FormatException(objection) : new Membership(members, version);
    }

    /// <summary>The cluster's version as the payload states it, before anything else is read. 1 if it is too short to state one: then it cannot be read either.</summary>
    internal static int ClusterVersionIn(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 3 && bytes[0] >= FormatWithVersion ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]) : FirstVersion;

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

        public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

        private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

        private ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

        public Member Member()
        {
            var node = new NodeId(UInt32());
            ulong incarnation = UInt64();
            byte suffrage = Byte();
            if (suffrage > (byte)Suffrage.Outgoing)
            {
                throw new FormatException($"a suffrage of {suffrage} is not known here");
            }

            var replaces = new NodeId(UInt32());
            return new Member(node, incarnation, String(), String(), (Suffrage)suffrage, replaces);
        }

        private string String() => Encoding.UTF8.GetString(Take(Byte()));

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
