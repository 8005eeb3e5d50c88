namespace RaftMQ.Bench.Clusters;

/// <summary>What the benchmark started and ends.</summary>
internal interface IStarted : IDisposable
{
    /// <summary>Whether a process of it has ended that should run.</summary>
    bool HasExited { get; }

    /// <summary>What it said last, for people.</summary>
    string LastLines { get; }
}
