using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace RaftMQ.Queues.Commands;

/// <summary>
/// The layout that all commands share: kind (1 byte), version (1), length of the request key (1; 0 for none), length of the topic (2, little-endian), the key, the
/// topic, and the command's own part. Reading trusts no length.
/// </summary>
internal readonly struct CommandBytes
{
    /// <summary>The version that this program writes and knows.</summary>
    public const byte Version = 1;

    private const int HeaderBytes = 5;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _payload;
    private readonly int _keyLength;
    private readonly int _topicLength;

    private CommandBytes(ReadOnlyMemory<byte> payload, QueueCommandKind kind, int keyLength, int topicLength)
    {
        _payload = payload;
        Kind = kind;
        _keyLength = keyLength;
        _topicLength = topicLength;
    }

    public QueueCommandKind Kind { get; }

    /// <summary>The request key; empty for none.</summary>
    public ReadOnlyMemory<byte> Key => _payload.Slice(HeaderBytes, _keyLength);

    /// <summary>The topic's name in UTF-8, as it was sent.</summary>
    public ReadOnlyMemory<byte> Topic => _payload.Slice(HeaderBytes + _keyLength, _topicLength);

    /// <summary>The command's own part.</summary>
    public ReadOnlyMemory<byte> Rest => _payload[RestOffset..];

    /// <summary>Where the command's own part begins in the payload.</summary>
    public int RestOffset => HeaderBytes + _keyLength + _topicLength;

    /// <summary>What was asked for, whoever asked with whatever key.</summary>
    public UInt128 RequestHash => XxHash128.HashToUInt128(_payload.Span[(HeaderBytes + _keyLength)..], ((long)Kind << 32) + _topicLength);

    /// <summary>Reads a command.</summary>
    /// <returns>False if the bytes are no command that this program knows.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> payload, out CommandBytes command)
    {
        bool isKnown = TryReadLengths(payload.Span, out QueueCommandKind kind, out int key, out int topic);
        command = isKnown ? new CommandBytes(payload, kind, key, topic) : default;
        return isKnown;
    }

    /// <summary>Reads what stands before the command's own part.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> payload, out QueueCommandHeader header)
    {
        header = default;
        if (!TryReadLengths(payload, out QueueCommandKind kind, out int key, out int topic))
        {
            return false;
        }

        header = new QueueCommandHeader(kind, Encoding.UTF8.GetString(payload.Slice(HeaderBytes + key, topic)), key > 0);
        return true;
    }

    /// <summary>Makes a command; its own part is left for the caller to fill.</summary>
    /// <exception cref="ArgumentException">The topic is no valid text, or topic or key are longer than the layout can say.</exception>
    public static byte[] Create(QueueCommandKind kind, string topic, string? key, int restLength, out Span<byte> rest)
    {
        int keyLength = key is null ? 0 : Utf8.GetByteCount(key);
        int topicLength = Utf8.GetByteCount(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keyLength, QueueMachine.MaxRequestKeyLength, nameof(key));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(topicLength, ushort.MaxValue, nameof(topic));
        byte[] bytes = new byte[HeaderBytes + keyLength + topicLength + restLength];
        bytes[0] = (byte)kind;
        bytes[1] = Version;
        bytes[2] = (byte)keyLength;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(3), (ushort)topicLength);
        if (key is not null)
        {
            Utf8.GetBytes(key, bytes.AsSpan(HeaderBytes));
        }

        Utf8.GetBytes(topic, bytes.AsSpan(HeaderBytes + keyLength));
        rest = bytes.AsSpan(bytes.Length - restLength);
        return bytes;
    }

    private static bool TryReadLengths(ReadOnlySpan<byte> payload, out QueueCommandKind kind, out int key, out int topic)
    {
        (kind, key, topic) = (default, 0, 0);
        if (payload.Length < HeaderBytes || payload[1] != Version || payload[0] is < (byte)QueueCommandKind.Configure or > (byte)QueueCommandKind.SetTopicPolicy)
        {
            return false;
        }

        kind = (QueueCommandKind)payload[0];
        key = payload[2];
        topic = BinaryPrimitives.ReadUInt16LittleEndian(payload[3..]);
        return key + topic <= payload.Length - HeaderBytes;
    }
}
