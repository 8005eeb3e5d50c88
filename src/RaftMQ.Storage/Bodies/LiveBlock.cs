using System.Numerics;

namespace RaftMQ.Storage.Bodies;

/// <summary>
/// Of 65,536 indexes in a row, which entries are referred to (<see cref="LiveBodies"/>). Few are listed one by one with their lengths; many are bits, and for each word of 64 of them the
/// bytes that they take together: a length is then the average of its neighbours.
/// </summary>
internal sealed class LiveBlock
{
    /// <summary>From this number on the bits take less than a list would: 12 KiB.</summary>
    private const int MaxListed = 2_048;

    private const int WordBits = 64;

    private ushort[] _lows = new ushort[4];
    private int[] _lengths = new int[4];
    private int _count;
    private bool _isSorted = true;
    private ulong[]? _words;

    /// <summary>A body of an entry is referred to. In any order; that of an entry with several bodies once for each.</summary>
    public void Add(ushort low, int length)
    {
        if (_words is not null)
        {
            Mark(low, length);
            return;
        }

        if (_count == MaxListed)
        {
            TurnIntoBits();
            Mark(low, length);
            return;
        }

        if (_count == _lows.Length)
        {
            Array.Resize(ref _lows, _count * 2);
            Array.Resize(ref _lengths, _count * 2);
        }

        _isSorted &= _count == 0 || _lows[_count - 1] <= low;
        (_lows[_count], _lengths[_count]) = (low, length);
        _count++;
    }

    /// <summary>The entries from one on, ascending and each once, with the bytes of its bodies, or with the average of its word.</summary>
    public IEnumerable<(ushort Low, int Bytes)> From(ushort first) => _words is null ? Listed(first) : Marked(_words, first);

    private void TurnIntoBits()
    {
        (ushort[] lows, int[] lengths, int count) = (_lows, _lengths, _count);
        _words = new ulong[(ushort.MaxValue + 1) / WordBits];
        (_lows, _lengths) = ([], new int[_words.Length]);
        for (int i = 0; i < count; i++)
        {
            Mark(lows[i], lengths[i]);
        }
    }

    private void Mark(ushort low, int length)
    {
        _words![low / WordBits] |= 1UL << (low % WordBits);
        ref int bytes = ref _lengths[low / WordBits];
        bytes = (int)Math.Min((long)bytes + length, int.MaxValue);
    }

    private IEnumerable<(ushort Low, int Bytes)> Marked(ulong[] words, ushort first)
    {
        for (int at = first / WordBits; at < words.Length; at++)
        {
            ulong left = words[at];
            int average = left == 0 ? 0 : _lengths[at] / BitOperations.PopCount(left);
            left &= at == first / WordBits ? ulong.MaxValue << (first % WordBits) : ulong.MaxValue;
            while (left != 0)
            {
                yield return ((ushort)((at * WordBits) + BitOperations.TrailingZeroCount(left)), average);
                left &= left - 1;
            }
        }
    }

    private IEnumerable<(ushort Low, int Bytes)> Listed(ushort first)
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
