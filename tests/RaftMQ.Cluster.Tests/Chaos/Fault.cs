namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>Whom a fault strikes; who that is, is known when it does.</summary>
internal enum Victim
{
    Leader,
    Follower,
    OtherFollower,

    /// <summary>All nodes, or all links.</summary>
    Everybody,
}

/// <summary>What a fault takes from the cluster while it lasts: what decides which may go together.</summary>
internal enum Toll
{
    /// <summary>Nobody is out.</summary>
    None,

    /// <summary>The one node that is struck is out, and has what it had when it comes back.</summary>
    Node,

    /// <summary>The one node that is struck loses what it had.</summary>
    Disk,

    /// <summary>Every node is out for a moment: it goes with nothing that takes another one out.</summary>
    Alone,

    /// <summary>Members change, and nobody is out: as many may be as at other times, since each step leaves the majorities that there were, and a newcomer votes when it has caught up.</summary>
    Churn,

    /// <summary>A majority may be out for as long as it lasts; nobody loses anything.</summary>
    Majority,
}

/// <summary>Something that goes wrong with a cluster for a while.</summary>
/// <param name="Name">What it is called in plans and reports.</param>
/// <param name="Toll">What it takes.</param>
/// <param name="Shortest">How long it lasts at least.</param>
/// <param name="Longest">And at most.</param>
/// <param name="Victims">Whom it may strike.</param>
/// <param name="Mends">How long it takes beyond that until all is well again, about: what plans reckon with. In seconds, as the two before.</param>
/// <param name="StrikeAsync">Lets it happen to a node for so long, and mends it, by chance where it has a choice; tells what was seen of it.</param>
internal sealed record Fault(
    string Name, Toll Toll, double Shortest, double Longest, double Mends, IReadOnlyList<Victim> Victims, Func<Ground, int, TimeSpan, Random, Task<string>> StrikeAsync)
{
    /// <summary>Whether it strikes what passes the links, and so is nothing while nothing does.</summary>
    public bool NeedsTraffic { get; init; }

    /// <summary>Whether it takes a single node out.</summary>
    public bool TakesANode => Toll is Toll.Node or Toll.Disk;

    /// <summary>Whether a leader that it strikes, for as long as an election takes, is one no longer.</summary>
    public bool Deposes { get; init; }

    /// <summary>Whether it drops packets, which TCP sends again the later, the longer it lasts.</summary>
    public bool DropsPackets { get; init; }
}
