using RaftMQ.Consensus;
using RaftMQ.Queues;

namespace RaftMQ.Server.Http;

/// <summary>What one client may take of a node, as far as nobody has a reason to change it; the rest is in <see cref="HttpOptions"/>. Listed in <c>docs/reference/limits.md</c>.</summary>
internal static class HttpLimits
{
    /// <summary>Connections over <see cref="HttpOptions.MaxConnections"/> that are told so at a time; a further one is closed at once.</summary>
    public const int MaxRefusedConnections = 64;

    /// <summary>The first line of a request in bytes: a topic of 255 bytes, percent-encoded, is 765.</summary>
    public const int MaxRequestLineBytes = 4 * 1024;

    /// <summary>Header fields of a request.</summary>
    public const int MaxHeaderCount = 64;

    /// <summary>Received bytes that wait to be read, per connection.</summary>
    public const int MaxRequestBufferBytes = 64 * 1024;

    /// <summary>Bytes of an answer that wait to be sent, per connection.</summary>
    public const int MaxResponseBufferBytes = 64 * 1024;

    /// <summary>Bodies larger than this are counted in <see cref="HttpOptions.MaxLargeBodyBytes"/>.</summary>
    public const int SmallBodyBytes = 64 * 1024;

    /// <summary>How deep the JSON of a request may be nested.</summary>
    public const int MaxJsonDepth = 16;

    /// <summary>The largest body that any cluster takes.</summary>
    public const int LargestBodyBytes = (LongestEscape * LogEntry.MaxPayloadBytes) + BodyOverheadBytes;

    /// <summary>How long a connection that is one too many has to take its refusal.</summary>
    public static readonly TimeSpan RefusalPatience = TimeSpan.FromSeconds(1);

    /// <summary>How long a body may be slower than <see cref="HttpOptions.MinDataBytesPerSecond"/>.</summary>
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
