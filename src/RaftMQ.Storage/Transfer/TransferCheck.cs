using System.Buffers.Binary;

namespace RaftMQ.Storage.Transfer;

/// <summary>Looks whether a travelling snapshot is whole, and keeps nothing of it.</summary>
public sealed class TransferCheck
{
    private readonly FrameParser _parser;

    /// <summary>One that has seen nothing yet.</summary>
    public TransferCheck() => _parser = new FrameParser(Take);

    /// <summary>Whether its end has come, and nothing is missing.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>How many entries with bodies have come.</summary>
    public long EntryCount { get; private set; }

    /// <summary>Takes the next piece.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public void Add(ReadOnlySpan<byte> piece)
    {
        if (IsComplete && !piece.IsEmpty)
        {
            throw new FormatException("something follows behind the end of the snapshot");
        }

        _parser.Add(piece);
    }

    private void Take(FrameType type, ReadOnlySpan<byte> payload)
    {
        if (IsComplete)
        {
            throw new FormatException("something follows behind the end of the snapshot");
        }

        EntryCount += type == FrameType.Entry ? 1 : 0;
        if (type == FrameType.End)
        {
            IsComplete = payload.Length == 8 && BinaryPrimitives.ReadInt64LittleEndian(payload) == EntryCount ? true : throw new FormatException("entries are missing");
        }
    }
}
