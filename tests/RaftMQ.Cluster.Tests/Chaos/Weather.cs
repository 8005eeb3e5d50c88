namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>What a link does to what passes it.</summary>
/// <param name="Delay">How much later everything arrives.</param>
/// <param name="Jitter">The most by which single pieces are later still.</param>
/// <param name="Loss">
/// The part of the pieces that is lost. TCP sends them again, and everything behind them waits: so a loss is a pause of a retransmission time-out, doubled for each loss in a row.
/// </param>
/// <param name="IsClosed">Whether nothing passes; it waits until something does again.</param>
internal sealed record Weather(TimeSpan Delay, TimeSpan Jitter, double Loss = 0, bool IsClosed = false)
{
    /// <summary>The shortest of Linux (TCP_RTO_MIN).</summary>
    private static readonly TimeSpan RetransmissionTimeout = TimeSpan.FromMilliseconds(200);
    private const int MostLossesInARow = 4;

    public static Weather Closed { get; } = new(TimeSpan.Zero, TimeSpan.Zero, IsClosed: true);

    /// <summary>How much later a piece arrives.</summary>
    public TimeSpan Draw(Random chance)
    {
        TimeSpan late = Delay + (chance.NextDouble() * Jitter);
        for (int losses = 0; losses < MostLossesInARow && chance.NextDouble() < Loss; losses++)
        {
            late += (1 << losses) * RetransmissionTimeout;
        }

        return late;
    }
}
