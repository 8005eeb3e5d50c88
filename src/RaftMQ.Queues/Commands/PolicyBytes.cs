using System.Buffers.Binary;

namespace RaftMQ.Queues.Commands;

/// <summary>
/// The bytes of a change of a policy: what it sets (1 byte: 1 for the messages, 2 for the bytes, 4 for the overflow), the most messages (8, little-endian), the most bytes (8), the
/// overflow (1). What it does not set is zero, so that a change has one spelling only.
/// </summary>
internal static class PolicyBytes
{
    public const int Length = 1 + sizeof(long) + sizeof(long) + 1;

    private const int SetsMessages = 1;
    private const int SetsBytes = 2;
    private const int SetsOverflow = 4;

    public static void Write(in TopicPolicyChange change, Span<byte> into)
    {
        bool fits = change is { MaxMessages: null or >= 0, MaxBytes: null or >= 0, Overflow: null or <= Overflow.DropOldest };
        if (!fits)
        {
            throw new ArgumentOutOfRangeException(nameof(change), change, "a limit is negative, or the overflow is none");
        }

        into[0] = (byte)((change.MaxMessages is null ? 0 : SetsMessages) | (change.MaxBytes is null ? 0 : SetsBytes) | (change.Overflow is null ? 0 : SetsOverflow));
        BinaryPrimitives.WriteInt64LittleEndian(into[1..], change.MaxMessages ?? 0);
        BinaryPrimitives.WriteInt64LittleEndian(into[(1 + sizeof(long))..], change.MaxBytes ?? 0);
        into[Length - 1] = (byte)(change.Overflow ?? 0);
    }

    /// <summary>Reads a change.</summary>
    /// <returns>False if the bytes are none.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out TopicPolicyChange change)
    {
        change = default;
        if (bytes.Length != Length || bytes[0] > (SetsMessages | SetsBytes | SetsOverflow) || bytes[^1] > (byte)Overflow.DropOldest)
        {
            return false;
        }

        int sets = bytes[0];
        long messages = BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]);
        long size = BinaryPrimitives.ReadInt64LittleEndian(bytes[(1 + sizeof(long))..]);
        bool isInOneSpelling = ((sets & SetsMessages) != 0 || messages == 0) && ((sets & SetsBytes) != 0 || size == 0) && ((sets & SetsOverflow) != 0 || bytes[^1] == 0);
        if (!isInOneSpelling || messages < 0 || size < 0)
        {
            return false;
        }

        change = new TopicPolicyChange(
            (sets & SetsMessages) != 0 ? messages : null, (sets & SetsBytes) != 0 ? size : null, (sets & SetsOverflow) != 0 ? (Overflow)bytes[^1] : null);
        return true;
    }
}
