namespace RaftMQ.Consensus;

/// <summary>An index with the term of the entry there: by the Log Matching Property (§5.3) it names one entry and all before it.</summary>
public readonly record struct LogPosition(LogIndex Index, Term Term)
{
    /// <summary>The position before the first entry.</summary>
    public static readonly LogPosition Zero = new(LogIndex.Zero, Term.Zero);

    /// <summary>Whether a log that ends here is at least as up-to-date as one that ends at <paramref name="other"/> (§5.4.1).</summary>
    public bool IsAtLeastAsUpToDateAs(LogPosition other) =>
        Term > other.Term || (Term == other.Term && Index >= other.Index);

    /// <summary>As <c>index@term</c>.</summary>
    public override string ToString() => $"{Index}@{Term}";
}
