using RaftMQ.Consensus;

namespace RaftMQ.Storage.Bodies;

/// <summary>
/// Which entries' bodies a snapshot refers to, and about how large they are: a fifth of a byte of memory for each where they lie close together, 6 bytes where they are few. States later
/// than the snapshot refer to no others up to its end, so what is not named here may go once the snapshot is the oldest kept.
/// </summary>
public sealed class LiveBodies
{
    private const int BlockBits = 16;

    private readonly SortedList<ulong, LiveBlock> _blocks = [];
    private ulong _lastNumber;
    private LiveBlock? _lastBlock;

    /// <summary>How many were added.</summary>
    public long Count { get; private set; }

    /// <summary>A body is referred to. In any order; that of an entry with several bodies once for each.</summary>
    /// <param name="index">The entry's index.</param>
    /// <param name="length">The body's length in bytes.</param>
    public void Add(LogIndex index, int length)
    {
        ulong number = index.Value >> BlockBits;
        if (number != _lastNumber || _lastBlock is null)
        {
            (_lastNumber, _lastBlock) = (number, BlockOf(number));
        }

        _lastBlock.Add((ushort)index.Value, length);
        Count++;
    }

    /// <summary>About how many bytes of log the entries from one to another take that are referred to.</summary>
    public long BytesIn(LogIndex first, LogIndex last)
    {
        long bytes = 0;
        foreach ((LogIndex _, int length) in In(first, last))
        {
            bytes += Wal.WriteAheadLog.RecordOverheadBytes + length;
        }

        return bytes;
    }

    /// <summary>The entries from one to another that are referred to, ascending and each once, with the bytes of their bodies: on average, where many lie close together.</summary>
    public IEnumerable<(LogIndex Index, int Bytes)> In(LogIndex first, LogIndex last)
    {
        for (int at = FirstBlockFrom(first.Value >> BlockBits); at < _blocks.Count; at++)
        {
            ulong start = _blocks.GetKeyAtIndex(at) << BlockBits;
            foreach ((ushort low, int bytes) in _blocks.GetValueAtIndex(at).From(first.Value > start ? (ushort)(first.Value - start) : (ushort)0))
            {
                var index = new LogIndex(start + low);
                if (index > last)
                {
                    yield break;
                }

                yield return (index, bytes);
            }
        }
    }

    /// <summary>The same entries in pieces, each of which can be read in about the same time.</summary>
    /// <param name="first">From here.</param>
    /// <param name="last">To here.</param>
    /// <param name="pieceBytes">What is read from the disk for one piece, about; a piece has one entry at least.</param>
    /// <param name="jumpBytes">The most that is read in vain where the next entry does not follow the one before.</param>
    /// <returns>The same list each time, filled anew.</returns>
    public IEnumerable<IReadOnlyList<LogIndex>> InPieces(LogIndex first, LogIndex last, int pieceBytes, int jumpBytes)
    {
        var piece = new List<LogIndex>();
        long bytes = 0;
        LogIndex before = LogIndex.Zero;
        foreach ((LogIndex index, int length) in In(first, last))
        {
            piece.Add(index);

            // What lies between is read over, or jumped over if it is much; its entries are taken to be as large as this one.
            double between = (double)(index.Value - before.Value - 1) * (Wal.WriteAheadLog.RecordOverheadBytes + length);
            bytes += Wal.WriteAheadLog.RecordOverheadBytes + length + (long)Math.Min(between, jumpBytes);
            before = index;
            if (bytes >= pieceBytes)
            {
                yield return piece;
                piece.Clear();
                bytes = 0;
            }
        }

        if (piece.Count > 0)
        {
            yield return piece;
        }
    }

    /// <summary>The first block with this number or a higher one.</summary>
    private int FirstBlockFrom(ulong number)
    {
        int low = 0;
        int high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _blocks.GetKeyAtIndex(middle) < number ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private LiveBlock BlockOf(ulong number)
    {
        if (!_blocks.TryGetValue(number, out LiveBlock? block))
        {
            block = new LiveBlock();
            _blocks.Add(number, block);
        }

        return block;
    }
}
