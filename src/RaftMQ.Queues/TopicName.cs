using System.Buffers;
using System.Text;

namespace RaftMQ.Queues;

/// <summary>
/// What a topic may be called: 1 byte of UTF-8 up to the limit in force, without control characters and slashes of either kind, and neither "." nor "..", so that a name
/// is one segment of a path wherever it is written.
/// </summary>
public static class TopicName
{
    /// <summary>Whether these bytes are a name.</summary>
    /// <param name="utf8">The name.</param>
    /// <param name="maxBytes">The limit in force.</param>
    public static bool IsValid(ReadOnlySpan<byte> utf8, int maxBytes)
    {
        if (utf8.IsEmpty || utf8.Length > maxBytes || utf8.SequenceEqual("."u8) || utf8.SequenceEqual(".."u8))
        {
            return false;
        }

        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out Rune rune, out int length) != OperationStatus.Done || Rune.IsControl(rune) || rune.Value is '/' or '\\')
            {
                return false;
            }

            utf8 = utf8[length..];
        }

        return true;
    }
}
