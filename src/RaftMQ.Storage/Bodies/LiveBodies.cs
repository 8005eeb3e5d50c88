using RaftMQ.Consensus;

namespace RaftMQ.Storage.Bodies;

/// <summary>
/// Which entries' bodies a snapshot refers to, and how large they are: about 6 bytes of memory for each. States later than the snapshot refer to no others up to its end, so what
/// is not named here may go once the snapshot is the oldest kept.
/// </summary>
public sealed class LiveBodies
{
    private const int BlockBits = 16;

    private readonly SortedDictionary<ulong, Block> _blocks = [];

    /// <summary>How many were added.</summary>
    public long Count { get; private set; }

    /// <summary>A body is referred to. In any order; that of an entry with several bodies once for each.</summary>
    /// <param name="index">The entry's index.</param>
    /// <param name="length">The body's length in bytes.</param>
    public void Add(LogIndex index, int length)
    {
        ulong number = index.Value >> BlockBits;
        if (!_blocks.TryGetValue(number, out Block? block))
        {
            block = new Block();
            _blocks.Add(number, block);
        }

        block.Add((ushort)index.Value, length);
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

    /// <summary>The entries from one to another that are referred to, ascending and each once, with the bytes of their bodies.</summary>
    public IEnumerable<(LogIndex Index, int Bytes)> In(LogIndex first, LogIndex last)
    {
        for (ulong number = first.Value >> BlockBits; first <= last && number <= last.Value >> BlockBits; number++)
        {
            if (!_blocks.TryGetValue(number, out Block? block))
            {
                continue;
            }

            ulong start = number << BlockBits;
            foreach ((ushort low, int bytes) in block.From(first.Value > start ? (ushort)(first.Value - start) : (ushort)0))
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

    /// <summary>The entries of 65,536 indexes in a row.</summary>
    private sealed class Block
    {
        private ushort[] _lows = new ushort[4];
        private int[] _lengths = new int[4];
        private int _count;
        private bool _isSorted = true;

        public void Add(ushort low, int length)
        {
            if (_count == _lows.Length)
            {
                Array.Resize(ref _lows, _count * 2);
                Array.Resize(ref _lengths, _count * 2);
            }

            _isSorted &= _count == 0 || _lows[_count - 1] <= low;
            (_lows[_count], _lengths[_count]) = (low, length);
            _count++;
        }

        /// <summary>Ascending; the bodies of one entry together.</summary>
        public IEnumerable<(ushort Low, int Bytes)> From(ushort first)
        {
            Sort();
            int at = Array.BinarySearch(_lows, 0, _count, first);
            at = at < 0 ? ~at : at;
            while (at > 0 && _lows[at - 1] == first)
            {
                at--;
            }

            while (at < _count)
            {
                ushort low = _lows[at];
                int bytes = 0;
                for (; at < _count && _lows[at] == low; at++)
                {
                    bytes += _lengths[at];
                }

                yield return (low, bytes);
            }
        }

        private void Sort()
        {
            if (!_isSorted)
            {
                Array.Sort(_lows, _lengths, 0, _count);
                _isSorted = true;
            }
        }
    }
}
