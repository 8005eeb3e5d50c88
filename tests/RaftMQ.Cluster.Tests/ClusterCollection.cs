namespace RaftMQ.Cluster.Tests;

/// <summary>Tests that start clusters run one after the other: two cores are enough for one.</summary>
[CollectionDefinition("cluster", DisableParallelization = true)]
public sealed class ClusterCollection;
