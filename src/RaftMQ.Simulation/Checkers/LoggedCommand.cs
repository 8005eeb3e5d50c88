using System.Buffers.Binary;
using System.Text;
using RaftMQ.Queues;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// A committed command as the checkers read it. The layout is that of <c>Queues/Commands/CommandBytes.cs</c>, read here a second time on purpose: a mistake there is
/// not repeated by the judge.
/// </summary>
/// <param name="Index">Where it stands.</param>
/// <param name="TimeMilliseconds">The entry's stamp.</param>
/// <param name="Kind">What it is; 0 for bytes that are no command.</param>
/// <param name="Request">The request that it carries out. What is behind the topic and is no policy counts as a body, also where none belongs.</param>
/// <param name="BodyBytes">The size of its message.</param>
/// <param name="Payload">Its bytes.</param>
internal sealed record LoggedCommand(
    ulong Index, long TimeMilliseconds, QueueCommandKind Kind, RequestIdentity Request, int BodyBytes, ReadOnlyMemory<byte> Payload)
{
    private const int HeaderBytes = 5;
    private const byte Version = 1;
    private const int PolicyBytes = 18;

    public static LoggedCommand Read(in CommittedCommand committed)
    {
        ReadOnlySpan<byte> bytes = committed.Payload.Span;
        bool hasHeader = bytes.Length >= HeaderBytes && bytes[1] == Version && bytes[0] is >= (byte)QueueCommandKind.Configure and <= (byte)QueueCommandKind.SetTopicPolicy;
        int key = hasHeader ? bytes[2] : 0;
        int topic = hasHeader ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[3..]) : 0;
        if (!hasHeader || key + topic > bytes.Length - HeaderBytes)
        {
            return new LoggedCommand(committed.Index, committed.TimeMilliseconds, default, new RequestIdentity(default, string.Empty, null, null), 0, committed.Payload);
        }

        var kind = (QueueCommandKind)bytes[0];
        ReadOnlySpan<byte> rest = bytes[(HeaderBytes + key + topic)..];
        bool hasPolicy = TryReadPolicy(kind, rest, out TopicPolicyChange policy);
        var request = new RequestIdentity(
            RequestIdentity.KindOf(kind),
            Encoding.UTF8.GetString(bytes.Slice(HeaderBytes + key, topic)),
            kind == QueueCommandKind.Publish || (!rest.IsEmpty && !hasPolicy) ? Encoding.UTF8.GetString(rest) : null,
            key == 0 ? null : Encoding.UTF8.GetString(bytes.Slice(HeaderBytes, key)),
            policy);
        return new LoggedCommand(committed.Index, committed.TimeMilliseconds, kind, request, rest.Length, committed.Payload);
    }

    private static bool TryReadPolicy(QueueCommandKind kind, ReadOnlySpan<byte> rest, out TopicPolicyChange policy)
    {
        policy = default;
        bool mayHaveOne = kind is QueueCommandKind.CreateTopic or QueueCommandKind.SetTopicPolicy;
        if (!mayHaveOne || rest.Length != PolicyBytes)
        {
            return false;
        }

        (byte sets, byte overflow) = (rest[0], rest[17]);
        (long messages, long bytes) = (BinaryPrimitives.ReadInt64LittleEndian(rest[1..]), BinaryPrimitives.ReadInt64LittleEndian(rest[9..]));
        bool isOne = sets < 8 && overflow < 2 && messages >= 0 && bytes >= 0
            && (messages == 0 || sets % 2 == 1) && (bytes == 0 || sets / 2 % 2 == 1) && (overflow == 0 || sets >= 4);
        policy = !isOne ? default : new TopicPolicyChange(sets % 2 == 1 ? messages : null, sets / 2 % 2 == 1 ? bytes : null, sets >= 4 ? (Overflow)overflow : null);
        return isOne;
    }
}
