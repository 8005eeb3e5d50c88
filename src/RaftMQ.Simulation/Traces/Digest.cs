namespace RaftMQ.Simulation.Traces;

/// <summary>A hash that is the same on every run and machine, of numbers and texts in the order in which they are added; the hashes of .NET differ from process to process.</summary>
internal struct Digest()
{
    private const ulong Prime = 0x9E3779B97F4A7C15;

    /// <summary>The hash of all that was added so far.</summary>
    public ulong Value { get; private set; } = Prime;

    /// <summary>Adds a number.</summary>
    public void Add(ulong number)
    {
        ulong mixed = (Value ^ number) * Prime;
        Value = mixed ^ (mixed >> 29);
    }

    /// <summary>Adds every character of a text; none is another thing than an empty one.</summary>
    public void Add(string? text)
    {
        Add(text is null ? 0 : (ulong)text.Length + 1);
        foreach (char character in text ?? string.Empty)
        {
            Add(character);
        }
    }
}
