namespace RaftMQ.Consensus;

/// <summary>The place of an entry in the log. The first entry has index 1; 0 stands before it (paper, Figure 2).</summary>
public readonly record struct LogIndex(ulong Value) : IComparable<LogIndex>
{
    /// <summary>The place before the first entry.</summary>
    public static readonly LogIndex Zero = new(0);

    /// <summary>The index one further on.</summary>
    public LogIndex Next => new(Value + 1);

    /// <summary>The index one before; there is none before <see cref="Zero"/>.</summary>
    public LogIndex Previous
    {
        get
        {
            Invariant.Require(Value > 0, "no index lies before zero");
            return new(Value - 1);
        }
    }

    /// <summary>The lower of two indexes.</summary>
    public static LogIndex Min(LogIndex a, LogIndex b) => a < b ? a : b;

    /// <summary>The higher of two indexes.</summary>
    public static LogIndex Max(LogIndex a, LogIndex b) => a > b ? a : b;

    /// <inheritdoc/>
    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Order by place.</summary>
    public static bool operator <(LogIndex a, LogIndex b) => a.Value < b.Value;

    /// <summary>Order by place.</summary>
    public static bool operator >(LogIndex a, LogIndex b) => a.Value > b.Value;

    /// <summary>Order by place.</summary>
    public static bool operator <=(LogIndex a, LogIndex b) => a.Value <= b.Value;

    /// <summary>Order by place.</summary>
    public static bool operator >=(LogIndex a, LogIndex b) => a.Value >= b.Value;

    /// <summary>The index <paramref name="count"/> places further on.</summary>
    public static LogIndex operator +(LogIndex index, ulong count) => new(index.Value + count);
}
