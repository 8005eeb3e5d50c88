namespace RaftMQ.Consensus;

/// <summary>Raft's logical clock: terms are numbered upwards and have at most one leader each (§5.1). Term 0 is before any election.</summary>
public readonly record struct Term(ulong Value) : IComparable<Term>
{
    /// <summary>The term before any election.</summary>
    public static readonly Term Zero = new(0);

    /// <summary>The term that an election in this one begins.</summary>
    public Term Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Order by age.</summary>
    public static bool operator <(Term a, Term b) => a.Value < b.Value;

    /// <summary>Order by age.</summary>
    public static bool operator >(Term a, Term b) => a.Value > b.Value;

    /// <summary>Order by age.</summary>
    public static bool operator <=(Term a, Term b) => a.Value <= b.Value;

    /// <summary>Order by age.</summary>
    public static bool operator >=(Term a, Term b) => a.Value >= b.Value;
}
