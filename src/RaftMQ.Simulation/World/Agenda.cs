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

/// <summary>An appointment of the agenda; a value, so that the hot path allocates nothing for it.</summary>
/// <param name="At">When, in microseconds of virtual time.</param>
/// <param name="Sequence">Breaks ties in order of making, so that equal times have one order.</param>
/// <param name="Kind">What.</param>
/// <param name="Node">Whom it concerns: a node, or for <see cref="EventKind.Client"/> a client.</param>
/// <param name="Other">The other end, if there is one.</param>
/// <param name="Life">The life of that node (or the attempt of that client) that it was made for: void in another.</param>
/// <param name="OtherLife">The life of the other end, if there is one.</param>
/// <param name="Subject">A message, or a deed.</param>
internal readonly record struct Appointment(
    long At, long Sequence, EventKind Kind, int Node, int Other, ulong Life, ulong OtherLife, [property: MaybeNull] object Subject);

/// <summary>What is due, in order of time: a binary heap of values.</summary>
internal sealed class Agenda
{
    private Appointment[] _heap = new Appointment[256];
    private long _sequence;

    public int Count { get; private set; }

    public void Add(long at, EventKind kind, int node, int other = 0, ulong life = 0, ulong otherLife = 0, object? subject = null)
    {
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Count * 2);
        }

        var added = new Appointment(at, _sequence++, kind, node, other, life, otherLife, subject!);
        int place = Count++;
        while (place > 0)
        {
            int parent = (place - 1) / 2;
            if (IsBefore(_heap[parent], added))
            {
                break;
            }

            _heap[place] = _heap[parent];
            place = parent;
        }

        _heap[place] = added;
    }

    /// <summary>Takes what is due first.</summary>
    public bool TryTake(out Appointment first)
    {
        first = _heap[0];
        if (Count == 0)
        {
            return false;
        }

        Appointment moved = _heap[--Count];
        _heap[Count] = default;
        int place = 0;
        while (true)
        {
            int child = (2 * place) + 1;
            if (child >= Count)
            {
                break;
            }

            child += child + 1 < Count && IsBefore(_heap[child + 1], _heap[child]) ? 1 : 0;
            if (IsBefore(moved, _heap[child]))
            {
                break;
            }

            _heap[place] = _heap[child];
            place = child;
        }

        _heap[place] = moved;
        return true;
    }

    private static bool IsBefore(in Appointment a, in Appointment b) => a.At < b.At || (a.At == b.At && a.Sequence < b.Sequence);
}
