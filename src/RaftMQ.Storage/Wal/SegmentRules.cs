using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>A place of a file that is not as it was written.</summary>
/// <param name="Offset">Where.</param>
/// <param name="What">What is wrong there, as half a sentence.</param>
internal readonly record struct Flaw(long Offset, string What);

/// <summary>What a segment is judged by, at a start and by an inspection alike (FORMAT.md): what its file must be, and where its records may end.</summary>
internal static class SegmentRules
{
    /// <summary>Reads the header of a segment's file.</summary>
    /// <param name="files">The folder.</param>
    /// <param name="name">The file.</param>
    /// <param name="expected">Which segment of the log it should be.</param>
    /// <param name="header">The header, or null if it is not whole.</param>
    /// <returns>What is wrong with the file, or null.</returns>
    /// <exception cref="StorageRefusedException">The segment is of a newer format.</exception>
    public static Flaw? ReadHeader(IFileSystem files, string name, ulong expected, out SegmentHeader? header)
    {
        using IFile file = files.Open(name);
        header = HeaderOf(file, name, files.Description);
        if (header is not { } whole)
        {
            return new Flaw(0, "the header of the segment is damaged");
        }

        if (SegmentName.SequenceOf(name) != expected)
        {
            return new Flaw(0, $"segment {expected} of the log is missing");
        }

        if (whole.Sequence != expected)
        {
            return new Flaw(0, $"the file is segment {whole.Sequence} by its header, so segment {expected} of the log is missing");
        }

        return file.Length == whole.SegmentBytes
            ? null
            : new Flaw(Math.Min(file.Length, whole.SegmentBytes), $"the file has {file.Length} bytes and should have {whole.SegmentBytes}");
    }

    /// <summary>The header of a file of records, a segment of the log or a file of bodies; null if it is damaged.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">Its name.</param>
    /// <param name="folder">The folder, for people.</param>
    /// <exception cref="StorageRefusedException">The file is of a newer format.</exception>
    public static SegmentHeader? HeaderOf(IFile file, string name, string folder)
    {
        Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
        bytes.Clear();
        file.Read(0, bytes);
        if (SegmentHeader.TryRead(bytes, out SegmentHeader header, out uint newerVersion))
        {
            return header;
        }

        return newerVersion == 0
            ? null
            : throw new StorageRefusedException($"{name} in {folder} is of format {newerVersion}, and this program knows format {SegmentHeader.Version}: use the newer program");
    }

    /// <summary>Judges the place at which no whole, chained record follows.</summary>
    /// <param name="reader">The reader that has come to it.</param>
    /// <param name="header">Its segment.</param>
    /// <param name="stated">Where the next segment says that this one ends; null for the last segment, whose end may be torn.</param>
    /// <returns>What is wrong there; null for an end, or for a torn tail.</returns>
    public static Flaw? AtEnd(SegmentReader reader, in SegmentHeader header, SegmentEnd? stated)
    {
        if (reader.End == Sector.Bytes)
        {
            return new Flaw(Sector.Bytes, "the first record of the segment is damaged");
        }

        if (stated is { } end)
        {
            var found = new SegmentEnd(header.Id, reader.End, reader.LastCrc);
            return found == end ? null : new Flaw(reader.End, $"the next segment says that this one goes on to offset {end.Offset}");
        }

        if (reader.ProvesDamage(out int proof))
        {
            return new Flaw(reader.End, $"a record is damaged, and the one at offset {proof} was written after it was durable");
        }

        return null;
    }
}
