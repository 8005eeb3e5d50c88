namespace RaftMQ.Bench.Load;

/// <summary>What became of a message that a writer sent.</summary>
internal enum WriteOutcome : byte
{
    /// <summary>The connection broke or the server could not say: it may be stored or not.</summary>
    Unknown,

    /// <summary>Acknowledged: it must be popped exactly once.</summary>
    Acknowledged,

    /// <summary>Refused for certain: it must never be popped.</summary>
    Refused,
}

/// <summary>One writer's messages, numbered from 0: the outcome of each, and how often it was popped afterwards.</summary>
internal sealed class WriterLedger(int writer)
{
    private readonly List<WriteOutcome> _outcomes = [];
    private readonly List<byte> _popped = [];

    public IReadOnlyList<WriteOutcome> Outcomes => _outcomes;

    /// <summary>The next message's text: no other writer and no other message of this one has it.</summary>
    public string NextMessage()
    {
        _outcomes.Add(WriteOutcome.Unknown);
        _popped.Add(0);
        return $"w{writer}-{_outcomes.Count - 1}";
    }

    public void Settle(WriteOutcome outcome) => _outcomes[^1] = outcome;

    /// <summary>Counts a pop of one of its messages.</summary>
    /// <returns>False if it never sent it.</returns>
    public bool Popped(int number)
    {
        if (number >= _popped.Count)
        {
            return false;
        }

        _popped[number] = (byte)Math.Min(byte.MaxValue, _popped[number] + 1);
        return true;
    }

    public int TimesPopped(int number) => _popped[number];
}
