using System.Buffers.Binary;
using RaftMQ.Queues.State;

namespace RaftMQ.Queues.Commands;

/// <summary>
/// Sets the limits. Its own part: ten 8-byte little-endian numbers in the order of <see cref="QueueLimits"/>. Reply: Done, or UnknownCommand for numbers
/// that are no limits. What is there already stays, even above a lowered limit.
/// </summary>
internal static class ConfigureCommand
{
    /// <summary>The bytes of its own part.</summary>
    public const int Bytes = Fields * sizeof(long);

    private const int Fields = 10;

    public static byte[] Encode(QueueLimits limits)
    {
        byte[] bytes = CommandBytes.Create(QueueCommandKind.Configure, string.Empty, null, Bytes, out Span<byte> rest);
        Write(limits, rest);
        return bytes;
    }

    public static void Write(QueueLimits limits, Span<byte> into)
    {
        ReadOnlySpan<long> fields =
        [
            limits.MaxTopics, limits.MaxTopicNameBytes, limits.MaxMessageBytes, limits.MaxMessagesPerTopic, limits.MaxBytesPerTopic,
            limits.MaxMessages, limits.MaxBytes, limits.MaxRequestKeys, limits.MaxRequestKeyBytes, limits.RequestKeyWindowMilliseconds,
        ];
        for (int i = 0; i < Fields; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(into[(i * sizeof(long))..], fields[i]);
        }
    }

    public static bool TryDecode(ReadOnlySpan<byte> rest, out QueueLimits limits)
    {
        limits = new QueueLimits();
        if (rest.Length != Bytes)
        {
            return false;
        }

        Span<long> fields = stackalloc long[Fields];
        for (int i = 0; i < Fields; i++)
        {
            fields[i] = BinaryPrimitives.ReadInt64LittleEndian(rest[(i * sizeof(long))..]);
            if (fields[i] < 0)
            {
                return false;
            }
        }

        bool fits = fields[0] <= int.MaxValue && fields[1] <= int.MaxValue && fields[2] <= int.MaxValue && fields[7] <= int.MaxValue;
        if (!fits)
        {
            return false;
        }

        limits = new QueueLimits
        {
            MaxTopics = (int)fields[0],
            MaxTopicNameBytes = (int)fields[1],
            MaxMessageBytes = (int)fields[2],
            MaxMessagesPerTopic = fields[3],
            MaxBytesPerTopic = fields[4],
            MaxMessages = fields[5],
            MaxBytes = fields[6],
            MaxRequestKeys = (int)fields[7],
            MaxRequestKeyBytes = fields[8],
            RequestKeyWindowMilliseconds = fields[9],
        };
        return true;
    }

    public static QueueReply Apply(QueueState state, in CommandBytes command, ulong index)
    {
        if (!TryDecode(command.Rest.Span, out QueueLimits limits))
        {
            return new QueueReply(QueueOutcome.UnknownCommand, default, index);
        }

        state.SetLimits(limits);
        return new QueueReply(QueueOutcome.Done, default, index);
    }
}
