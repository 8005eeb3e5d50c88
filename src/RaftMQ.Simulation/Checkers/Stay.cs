namespace RaftMQ.Simulation.Checkers;

/// <summary>A message's stay in a topic, as far as it is known: it came between the first two moments and went between the last two.</summary>
internal sealed class Stay(string value)
{
    public string Value { get; } = value;

    public long PublishBegins { get; set; }

    public long PublishEnds { get; set; } = long.MaxValue;

    public long PopBegins { get; set; } = long.MaxValue;

    /// <summary><see cref="long.MaxValue"/> while nobody is known to have it.</summary>
    public long PopEnds { get; set; } = long.MaxValue;

    public bool IsPopped => PopEnds < long.MaxValue;

    public override string ToString() => $"{Value} [published {Moment(PublishBegins)}..{Moment(PublishEnds)}, popped {Moment(PopBegins)}..{Moment(PopEnds)}]";

    private static string Moment(long moment) => moment == long.MaxValue ? string.Empty : moment.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
