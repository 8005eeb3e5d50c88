namespace RaftMQ.Consensus;

/// <summary>The number that an operator gives a node; it outlives the node's disk. 1 or more.</summary>
public readonly record struct NodeId(uint Value) : IComparable<NodeId>
{
    /// <inheritdoc/>
    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>
/// A node together with the life of its disk. The incarnation is drawn at random when a data folder is initialised; votes and
/// acknowledgements count only for the incarnation that the configuration names, so a wiped disk cannot break a promise of its predecessor.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="Incarnation">The life of its disk; 0 is nobody: a vacant seat.</param>
public readonly record struct ServerId(NodeId Node, ulong Incarnation)
{
    /// <summary>As <c>node/incarnation</c>, the incarnation in hexadecimal.</summary>
    public override string ToString() => $"{Node}/{Incarnation:x}";
}

/// <summary>The random 128-bit name of a cluster, drawn at its birth; zero stands for a node that has not been born.</summary>
public readonly record struct ClusterId(UInt128 Value)
{
    /// <summary>No cluster: the node is unborn.</summary>
    public static readonly ClusterId None;

    /// <summary>Whether this names a cluster.</summary>
    public bool IsBorn => Value != 0;

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is no name of a cluster.</exception>
    public static ClusterId Parse(string digits) =>
        new(UInt128.Parse(digits, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
