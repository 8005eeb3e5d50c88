namespace RaftMQ.Transport;

/// <summary>How long the links wait. They bear on liveness only.</summary>
public sealed record PeerTimeouts
{
    /// <summary>For a connection to be established. Default 2 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For a handshake, from the first byte to the last. Default 5 s.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For a write to get on, or for the rest of a frame to come. Default 10 s.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Before the second attempt after a failure; doubled from attempt to attempt. Default 20 ms.</summary>
    public TimeSpan FirstRedial { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest wait between attempts. Default 500 ms.</summary>
    public TimeSpan LongestRedial { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Between attempts at a peer that refuses or is refused, so that a change on either side is seen. Default 1 s.</summary>
    public TimeSpan RefusedRedial { get; init; } = TimeSpan.FromSeconds(1);
}
