using RaftMQ.Consensus;
using RaftMQ.Queues;

namespace RaftMQ.Server.Http;

/// <summary>What one client, and all clients together, may take of a node. Listed in <c>docs/reference/limits.md</c>.</summary>
internal static class HttpLimits
{
    /// <summary>Connections at a time; a further one is closed at once.</summary>
    public const int MaxConnections = 4_096;

    /// <summary>The first line of a request in bytes: a topic of 255 bytes, percent-encoded, is 765.</summary>
    public const int MaxRequestLineBytes = 4 * 1024;

    /// <summary>All header fields of a request in bytes.</summary>
    public const int MaxHeaderBytes = 16 * 1024;

    /// <summary>Header fields of a request.</summary>
    public const int MaxHeaderCount = 64;

    /// <summary>Received bytes that wait to be read, per connection.</summary>
    public const int MaxRequestBufferBytes = 64 * 1024;

    /// <summary>Bytes of an answer that wait to be sent, per connection.</summary>
    public const int MaxResponseBufferBytes = 64 * 1024;

    /// <summary>Bodies larger than this are counted in <see cref="MaxLargeBodyBytes"/>.</summary>
    public const int SmallBodyBytes = 64 * 1024;

    /// <summary>Bytes of larger bodies being received at a time, over all connections; beyond it a request is refused with 429.</summary>
    public const long MaxLargeBodyBytes = 128L * 1024 * 1024;

    /// <summary>How deep the JSON of a request may be nested.</summary>
    public const int MaxJsonDepth = 16;

    /// <summary>The least rate of a body in either direction, in bytes per second, once <see cref="DataRateGrace"/> is over.</summary>
    public const double MinDataBytesPerSecond = 240;

    /// <summary>The largest body that any cluster takes.</summary>
    public const int LargestBodyBytes = (LongestEscape * LogEntry.MaxPayloadBytes) + BodyOverheadBytes;

    /// <summary>How long a connection may do nothing between two requests.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(130);

    /// <summary>How long the header fields of a request may take.</summary>
    public static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long a body may be slower than <see cref="MinDataBytesPerSecond"/>.</summary>
    public static readonly TimeSpan DataRateGrace = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection on a port shared with peers may leave open what it is.</summary>
    public static readonly TimeSpan SniffTimeout = TimeSpan.FromSeconds(15);

    // JSON may write a byte as six: \u0001.
    private const int LongestEscape = 6;

    // Room for braces, field names, white space, and a few fields that nobody asked for.
    private const int BodyOverheadBytes = 4 * 1024;

    /// <summary>The largest body of a request in bytes: the largest message and topic that the cluster takes, in their longest spelling.</summary>
    public static int MaxBodyBytes(QueueLimits limits) => (LongestEscape * (limits.MaxMessageBytes + limits.MaxTopicNameBytes)) + BodyOverheadBytes;
}
