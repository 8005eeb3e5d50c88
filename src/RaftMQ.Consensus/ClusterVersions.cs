namespace RaftMQ.Consensus;

/// <summary>
/// The cluster versions that a program understands (docs/decisions/0014). The version of a cluster stands in its configuration: nothing that needs a version is written or sent before every
/// member has said that it understands it, and a program that does not understand the version that it meets refuses.
/// </summary>
/// <param name="Oldest">The oldest, 1 or more: the one that this program founds a cluster with.</param>
/// <param name="Newest">The newest, at most 65,535; 0 in the default value, of a program that has said nothing.</param>
public readonly record struct ClusterVersions(int Oldest, int Newest)
{
    /// <summary>What this program understands: the one place that says so.</summary>
    public static ClusterVersions OfThisProgram { get; } = new(Oldest: 1, Newest: 1);

    /// <summary>Whether this program understands a version.</summary>
    public bool Include(int version) => version >= Oldest && version <= Newest && version != 0;

    /// <summary>What both understand.</summary>
    public ClusterVersions And(ClusterVersions other) => new(Math.Max(Oldest, other.Oldest), Math.Min(Newest, other.Newest));

    /// <summary>Why this program can have nothing to do with a cluster of this version, and what to do: one line for a person. Null if it understands it.</summary>
    public string? ObjectionTo(int version) => Include(version)
        ? null
        : $"the cluster is at version {version}, and this program understands {this}: run {(version > Newest ? "a newer" : "an older")} raftmq on this node";

    /// <summary>The version of the cluster from this entry on; null if it carries no configuration. Read before the rest, which another version may have laid out in another way.</summary>
    public static int? StatedIn(in LogEntry entry) => entry.Kind switch
    {
        EntryKind.Birth => Birth.ClusterVersionIn(entry.Payload.Span),
        EntryKind.Membership => Membership.ClusterVersionIn(entry.Payload.Span),
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => Oldest == Newest ? $"version {Newest}" : $"versions {Oldest} to {Newest}";
}
