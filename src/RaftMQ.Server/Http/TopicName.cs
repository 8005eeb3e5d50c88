using System.Buffers;
using System.Text;
using System.Text.Unicode;
using RaftMQ.Contracts;

namespace RaftMQ.Server.Http;

/// <summary>Topic names as clients write them: in JSON, or percent-encoded in a path.</summary>
internal static class TopicName
{
    /// <summary>Why a name is not allowed, or null.</summary>
    /// <param name="name">The name, decoded.</param>
    /// <param name="maxBytes">The longest name in bytes of UTF-8.</param>
    public static Refusal? Check(string name, int maxBytes)
    {
        if (name.Length == 0)
        {
            return Refused("it is empty", maxBytes);
        }

        // "." and ".." could be created and never be popped: every HTTP client resolves /message/.. to / before it asks.
        if (name is "." or "..")
        {
            return Refused($"\"{name}\" has a meaning of its own in a path", maxBytes);
        }

        foreach (char character in name)
        {
            if (character is '/' or '\\')
            {
                return Refused($"it holds a slash, {character}", maxBytes);
            }

            if (char.IsControl(character))
            {
                return Refused($"it holds the control character U+{(int)character:X4}", maxBytes);
            }
        }

        int bytes = Encoding.UTF8.GetByteCount(name);
        return bytes <= maxBytes ? null : Refused($"it has {bytes} bytes", maxBytes);
    }

    /// <summary>Decodes a name out of a path, once. A plus sign stays one: it means a space in forms only (RFC 3986, section 2.1).</summary>
    /// <returns>Null, or why it cannot be decoded.</returns>
    public static Refusal? Decode(ReadOnlySpan<char> encoded, int maxBytes, out string name)
    {
        name = "";
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(encoded.Length));
        try
        {
            int length = 0;
            for (int i = 0; i < encoded.Length; i++)
            {
                if (encoded[i] != '%')
                {
                    // The server lets only ASCII through in a request's first line.
                    bytes[length++] = (byte)encoded[i];
                    continue;
                }

                if (i + 2 >= encoded.Length || !char.IsAsciiHexDigit(encoded[i + 1]) || !char.IsAsciiHexDigit(encoded[i + 2]))
                {
                    return Refused("a percent sign is not followed by two hexadecimal digits", maxBytes);
                }

                bytes[length++] = Convert.FromHexString(encoded.Slice(i + 1, 2))[0];
                i += 2;
            }

            if (!Utf8.IsValid(bytes.AsSpan(0, length)))
            {
                return Refused("percent-decoded it is not UTF-8", maxBytes);
            }

            name = Encoding.UTF8.GetString(bytes, 0, length);
            return Check(name, maxBytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static Refusal Refused(string what, int maxBytes) => new(
        Reason.BadTopicName,
        $"{Reason.BadTopicName.Title}: {what}; a name has 1 to {maxBytes} bytes of UTF-8 without control characters and slashes, and is not . or ..");
}
