using System.Collections;

namespace RaftMQ.Queues.State;

/// <summary>
/// A queue in chunks whose slots are written once: a picture of it is a list of chunks and two ends, taken in no time and true for ever, whatever is appended and taken meanwhile.
/// A chunk is about as large as the queue when it is made, so that a short queue costs little and a long one gives its memory back as it is worked off.
/// </summary>
internal sealed class ChunkedQueue<T> : IEnumerable<T>
{
    /// <summary>The most items of a chunk.</summary>
    public const int MaxChunkItems = 2_048;

    private const int MinChunkItems = 4;

    private readonly Queue<T[]> _chunks = new();
    private T[] _first = [];
    private T[] _last = [];
    private int _taken;
    private int _filled;

    public int Count { get; private set; }

    public void Enqueue(T item)
    {
        if (_filled == _last.Length)
        {
            _last = new T[Math.Clamp(Count, MinChunkItems, MaxChunkItems)];
            _filled = 0;
            _chunks.Enqueue(_last);
            if (_chunks.Count == 1)
            {
                (_first, _taken) = (_last, 0);
            }
        }

        _last[_filled++] = item;
        Count++;
    }

    public T Peek()
    {
        Invariant.Require(Count > 0, "only what is there is looked at");
        return _first[_taken];
    }

    public T Dequeue()
    {
        T item = Peek();
        _taken++;
        Count--;
        if (Count == 0)
        {
            _chunks.Clear();
            (_first, _last, _taken, _filled) = ([], [], 0, 0);
        }
        else if (_taken == _first.Length)
        {
            _chunks.Dequeue();
            (_first, _taken) = (_chunks.Peek(), 0);
        }

        return item;
    }

    /// <summary>The items as they are now, in order; what happens to the queue later does not change them.</summary>
    public IEnumerable<T> Capture() => Items([.. _chunks], _taken, Count);

    /// <summary>The items in order, without a picture of them: only while nothing is appended or taken.</summary>
    public IEnumerable<T> InPlace() => Items(_chunks, _taken, Count);

    public IEnumerator<T> GetEnumerator() => Capture().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static IEnumerable<T> Items(IEnumerable<T[]> chunks, int taken, int count)
    {
        foreach (T[] chunk in chunks)
        {
            int end = Math.Min(chunk.Length, taken + count);
            for (int i = taken; i < end; i++)
            {
                yield return chunk[i];
            }

            count -= end - taken;
            taken = 0;
        }
    }
}
