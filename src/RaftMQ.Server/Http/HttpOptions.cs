namespace RaftMQ.Server.Http;

/// <summary>What clients may take of a node, as the configuration has it (keys <c>http.…</c>). Listed in <c>docs/reference/limits.md</c>.</summary>
internal sealed record HttpOptions
{
    /// <summary>Connections at a time; a further one is refused with 429 and closed.</summary>
    public int MaxConnections { get; init; } = 4_096;

    /// <summary>All header fields of a request in bytes; no more than <see cref="HttpLimits.MaxRequestBufferBytes"/>.</summary>
    public int MaxHeaderBytes { get; init; } = 16 * 1024;

    /// <summary>How long the header fields of a request may take, in milliseconds.</summary>
    public int HeadersTimeoutMs { get; init; } = 15_000;

    /// <summary>How long a connection may do nothing between two requests, in milliseconds.</summary>
    public int KeepAliveMs { get; init; } = 130_000;

    /// <summary>The least rate of a body in either direction, once <see cref="HttpLimits.DataRateGrace"/> is over.</summary>
    public int MinDataBytesPerSecond { get; init; } = 240;

    /// <summary>Bytes of bodies over <see cref="HttpLimits.SmallBodyBytes"/> being received at a time, over all connections; beyond it a request is refused with 429.</summary>
    public long MaxLargeBodyBytes { get; init; } = 128L * 1024 * 1024;
}
