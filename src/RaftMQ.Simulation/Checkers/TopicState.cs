namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// The model of one topic: absent, or a queue of messages. It goes forward and back, and keeps a mark of the order of its messages: for unique messages the order is
/// who follows whom, so the mark is a sum over the pairs of neighbours.
/// </summary>
/// <param name="capacity">The most publishes.</param>
internal sealed class TopicState(int capacity)
{
    private readonly int[] _values = new int[capacity];
    private int _first;
    private int _end;

    public bool Exists { get; private set; }

    /// <summary>128 bits that tell orders of the same messages apart.</summary>
    public UInt128 Order { get; private set; }

    public ReadOnlySpan<int> Values => _values.AsSpan(_first, _end - _first);

    /// <summary>Takes an effect if it is what the topic would do.</summary>
    /// <param name="effect">The effect.</param>
    /// <param name="value">The message's number.</param>
    /// <param name="remaining">What must be there at the end.</param>
    public bool TryApply(TopicEffect effect, int value, ReadOnlySpan<int> remaining)
    {
        switch (effect)
        {
            case TopicEffect.Created when !Exists:
                Exists = true;
                return true;
            case TopicEffect.Published when Exists:
                _values[_end++] = value;
                Order += Values.Length > 1 ? Pair(Values[^2], value) : 0;
                return true;
            case TopicEffect.Popped when Values.Length > 0 && Values[0] == value:
                Order -= Values.Length > 1 ? Pair(value, Values[1]) : 0;
                _first++;
                return true;
            case TopicEffect.SawEmpty:
                return Exists && Values.Length == 0;
            case TopicEffect.SawTopic:
                return Exists;
            case TopicEffect.SawNoTopic:
                return !Exists;
            case TopicEffect.SawRemaining:
                return Values.SequenceEqual(remaining);
            default:
                return false;
        }
    }

    /// <summary>Takes back the last effect that was taken and not taken back.</summary>
    public void Undo(TopicEffect effect)
    {
        switch (effect)
        {
            case TopicEffect.Created:
                Exists = false;
                break;
            case TopicEffect.Published:
                Order -= Values.Length > 1 ? Pair(Values[^2], Values[^1]) : 0;
                _end--;
                break;
            case TopicEffect.Popped:
                _first--;
                Order += Values.Length > 1 ? Pair(Values[0], Values[1]) : 0;
                break;
            default:
                break;
        }
    }

    private static UInt128 Pair(int first, int second) => Mark(((ulong)(uint)first << 32) | (uint)second);

    /// <summary>128 well-mixed bits of a number (the finalizer of SplitMix64, twice).</summary>
    public static UInt128 Mark(ulong number) => new(new Chance(number).Next(), new Chance(~number).Next());
}
