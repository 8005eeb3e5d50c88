using System.Buffers;

namespace RaftMQ.Server.Http;

/// <summary>
/// Strings of JSON out of UTF-8 bytes. Only what RFC 8259 (section 7) demands is escaped, so that a message comes back as it was sent; the
/// framework's encoders escape more (characters beyond the basic plane, among others) and do not tell the length beforehand.
/// </summary>
internal static class JsonText
{
    private const string HexDigits = "0123456789abcdef";
    private const int LongestEscape = 6;

    private static readonly SearchValues<byte> MustEscape =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(code => (byte)code), (byte)'"', (byte)'\\']);

    /// <summary>How many bytes <paramref name="text"/> takes between the quotes.</summary>
    public static int EscapedLength(ReadOnlySpan<byte> text)
    {
        int length = text.Length;
        int next;
        while ((next = text.IndexOfAny(MustEscape)) >= 0)
        {
            length += (ShortEscape(text[next]) == 0 ? LongestEscape : 2) - 1;
            text = text[(next + 1)..];
        }

        return length;
    }

    /// <summary>Writes what stands between the quotes.</summary>
    public static void WriteEscaped(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        int next;
        while ((next = text.IndexOfAny(MustEscape)) >= 0)
        {
            output.Write(text[..next]);
            Span<byte> escape = output.GetSpan(LongestEscape);
            output.Advance(Escape(text[next], escape));
            text = text[(next + 1)..];
        }

        output.Write(text);
    }

    private static int Escape(byte code, Span<byte> into)
    {
        into[0] = (byte)'\\';
        byte letter = ShortEscape(code);
        if (letter != 0)
        {
            into[1] = letter;
            return 2;
        }

        "u00"u8.CopyTo(into[1..]);
        into[4] = (byte)HexDigits[code >> 4];
        into[5] = (byte)HexDigits[code & 0xF];
        return LongestEscape;
    }

    private static byte ShortEscape(byte code) => code switch
    {
        (byte)'"' => (byte)'"',
        (byte)'\\' => (byte)'\\',
        (byte)'\n' => (byte)'n',
        (byte)'\r' => (byte)'r',
        (byte)'\t' => (byte)'t',
        (byte)'\b' => (byte)'b',
        (byte)'\f' => (byte)'f',
        _ => 0,
    };
}
