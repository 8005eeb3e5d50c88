namespace RaftMQ.Queues;

/// <summary>The limits that Apply decides by. Replicated: they come from the birth entry and are the same on every node.</summary>
public sealed record QueueLimits
{
    /// <summary>The most topics. Default 10,000.</summary>
    public int MaxTopics { get; init; } = 10_000;

    /// <summary>The longest topic name in bytes of UTF-8. Default and most 255.</summary>
    public int MaxTopicNameBytes { get; init; } = 255;

    /// <summary>The largest message in bytes. Default 1 MiB.</summary>
    public int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>The most messages in one topic. Default 1,000,000.</summary>
    public long MaxMessagesPerTopic { get; init; } = 1_000_000;

    /// <summary>The most body bytes in one topic. Default 512 MiB.</summary>
    public long MaxBytesPerTopic { get; init; } = 512L * 1024 * 1024;

    /// <summary>The most messages in all topics together. Default 5,000,000.</summary>
    public long MaxMessages { get; init; } = 5_000_000;

    /// <summary>The most body bytes in all topics together. Default 1 GiB.</summary>
    public long MaxBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>The most request keys remembered. Default 100,000.</summary>
    public int MaxRequestKeys { get; init; } = 100_000;

    /// <summary>The most body bytes kept for the results of keyed pops. Default 64 MiB.</summary>
    public long MaxRequestKeyBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>How long a request key is remembered, in milliseconds of log time. Default ten minutes.</summary>
    public long RequestKeyWindowMilliseconds { get; init; } = 10 * 60 * 1000;
}
