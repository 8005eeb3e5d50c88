using System.Buffers.Binary;

namespace RaftMQ.Storage.Transfer;

/// <summary>A backup: a few bytes that say so, then a snapshot with its bodies as it travels between nodes (FORMAT.md).</summary>
public static class BackupFile
{
    /// <summary>The bytes before the snapshot.</summary>
    public const int HeadBytes = 12;

    /// <summary>The format that this program reads and writes.</summary>
    public const uint Version = 1;

    private static ReadOnlySpan<byte> Magic => "RAFTMQBK"u8;

    /// <summary>The bytes before the snapshot.</summary>
    public static byte[] Head()
    {
        byte[] bytes = new byte[HeadBytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        return bytes;
    }

    /// <summary>Requires that a file begins as a backup does.</summary>
    /// <param name="head">Its first <see cref="HeadBytes"/> bytes.</param>
    /// <exception cref="FormatException">It is none, or of another format.</exception>
    public static void RequireHead(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadBytes || !head.StartsWith(Magic))
        {
            throw new FormatException("it is no backup of RaftMQ");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        if (version != Version)
        {
            throw new FormatException($"it is a backup of format {version}, and this program knows format {Version}");
        }
    }
}
