using Microsoft.Extensions.Logging;

namespace RaftMQ.Node;

/// <summary>What a node tells people.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Text}")]
    public static partial void ReplicaEvent(ILogger logger, string text);

    [LoggerMessage(2, LogLevel.Warning, "{Text}")]
    public static partial void ReplicaWarning(ILogger logger, string text);

    [LoggerMessage(3, LogLevel.Information, "{Text}")]
    public static partial void Starting(ILogger logger, string text);

    [LoggerMessage(4, LogLevel.Information, "recovered {Entries} entries in {Milliseconds} ms; node {Node}, incarnation {Incarnation}, cluster {Cluster}")]
    public static partial void Recovered(ILogger logger, ulong entries, long milliseconds, uint node, string incarnation, string cluster);

    [LoggerMessage(6, LogLevel.Information, "going on behind the snapshot of {Bytes} bytes up to entry {Index}")]
    public static partial void Restored(ILogger logger, long bytes, ulong index);

    [LoggerMessage(5, LogLevel.Information, "the data folder is empty: node {Node} begins as incarnation {Incarnation}")]
    public static partial void Initialised(ILogger logger, uint node, string incarnation);

    [LoggerMessage(7, LogLevel.Warning, "node {Node}: {Damage}. The damaged folder is set aside, and the node comes back as a new incarnation; the other nodes bring it up")]
    public static partial void SetAside(ILogger logger, uint node, string damage);
}
