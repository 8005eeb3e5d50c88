using System.Diagnostics.CodeAnalysis;

namespace RaftMQ.Simulation.World;

/// <summary>What is due at some time.</summary>
internal enum EventKind : byte
{
    /// <summary>A node handles what waits in its inbox, and ends a turn.</summary>
    Turn,

    /// <summary>A node's next tick.</summary>
    Tick,

    /// <summary>A message arrives.</summary>
    Deliver,

    /// <summary>A node's disk takes all the work that waits.</summary>
    DiskRun,

    /// <summary>The disk answers.</summary>
    DiskAnswer,

    /// <summary>A node dials another.</summary>
    Dial,

    /// <summary>A node notices that the connection it dialled has ended.</summary>
    ConnectionLost,

    /// <summary>A node learns that a link is down.</summary>
    LinkDown,

    /// <summary>A process starts.</summary>
    Start,

    /// <summary>A client begins an operation, or gives one up.</summary>
    Client,

    /// <summary>Something rare: the subject is what to do.</summary>
    Deed,
}

/// <summary>An appointment of the agenda; a value, so that the hot path allocates nothing for it. Those of one time come in the order in which they were made.</summary>
/// <param name="At">When, in microseconds of virtual time.</param>
/// <param name="Kind">What.</param>
/// <param name="Node">Whom it concerns: a node, or for <see cref="EventKind.Client"/> a client.</param>
/// <param name="Other">The other end, if there is one.</param>
/// <param name="Life">The life of that node (or the attempt of that client) that it was made for: void in another.</param>
/// <param name="OtherLife">The life of the other end, if there is one.</param>
/// <param name="Subject">A message, or a deed.</param>
internal readonly record struct Appointment(
    long At, EventKind Kind, int Node, int Other, ulong Life, ulong OtherLife, [property: MaybeNull] object Subject);

/// <summary>What is due, in order of time: a binary heap of small keys, so that appointments themselves need not be moved about.</summary>
internal sealed class Agenda
{
    private Key[] _heap = new Key[256];
    private Appointment[] _slots = new Appointment[256];
    private int[] _free = new int[256];
    private int _freeCount;
    private int _count;
    private long _sequence;

    private readonly record struct Key(long At, long Sequence, int Slot)
    {
        public bool IsBefore(in Key other) => At < other.At || (At == other.At && Sequence < other.Sequence);
    }

    public void Add(long at, EventKind kind, int node, int other = 0, ulong life = 0, ulong otherLife = 0, object? subject = null)
    {
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, _count * 2);
            Array.Resize(ref _slots, _count * 2);
            Array.Resize(ref _free, _count * 2);
        }

        int slot = _freeCount > 0 ? _free[--_freeCount] : _count;
        _slots[slot] = new Appointment(at, kind, node, other, life, otherLife, subject!);
        var added = new Key(at, _sequence++, slot);
        int place = _count++;
        while (place > 0 && added.IsBefore(_heap[(place - 1) / 2]))
        {
            _heap[place] = _heap[(place - 1) / 2];
            place = (place - 1) / 2;
        }

        _heap[place] = added;
    }

    /// <summary>Takes what is due first.</summary>
    public bool TryTake(out Appointment first)
    {
        first = default;
        if (_count == 0)
        {
            return false;
        }

        int slot = _heap[0].Slot;
        first = _slots[slot];
        _slots[slot] = default;
        _free[_freeCount++] = slot;
        Key moved = _heap[--_count];
        int place = 0;
        while (true)
        {
            int child = (2 * place) + 1;
            if (child >= _count)
            {
                break;
            }

            child += child + 1 < _count && _heap[child + 1].IsBefore(_heap[child]) ? 1 : 0;
            if (moved.IsBefore(_heap[child]))
            {
                break;
            }

            _heap[place] = _heap[child];
            place = child;
        }

        _heap[place] = moved;
        return true;
    }
}
