using System.Globalization;
using System.Text.Json;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>What an episode did to the cluster.</summary>
/// <param name="Episode">What was planned.</param>
/// <param name="TakesTheMajority">Whether nothing could be acknowledged for a while.</param>
/// <param name="Seen">What was seen of each fault, and of whom.</param>
/// <param name="From">When it began, since the load did.</param>
/// <param name="To">When all its faults were over.</param>
/// <param name="Silence">The longest time without an acknowledged publish.</param>
/// <param name="Again">How long after the end of the faults the next one came.</param>
/// <param name="Well">How long after the end of the faults everybody was up to date under one leader, for good.</param>
/// <param name="ElectionTimeout">What the nodes went by then.</param>
/// <param name="Leader">Who led before and behind it.</param>
/// <param name="IsAnotherTerm">Whether that was in another term.</param>
/// <param name="Refused">How many requests of clients, publishes and pops, were refused.</param>
/// <param name="Unknown">And of how many nobody knew whether they had been carried out.</param>
/// <param name="Failures">Both by reason and node.</param>
internal sealed record EpisodeReport(
    string Episode,
    bool TakesTheMajority,
    IReadOnlyList<string> Seen,
    TimeSpan From,
    TimeSpan To,
    TimeSpan Silence,
    TimeSpan Again,
    TimeSpan Well,
    TimeSpan ElectionTimeout,
    string Leader,
    bool IsAnotherTerm,
    int Refused,
    int Unknown,
    string Failures)
{
    /// <summary>What it cost beyond its bounds: then it is repeated.</summary>
    public IReadOnlyList<string> Objections { get; init; } = [];

    /// <summary>Whether it is such a repetition.</summary>
    public bool IsRepeated { get; init; }

    public override string ToString()
    {
        string recovery = string.Create(
            CultureInfo.InvariantCulture,
            $"silent {Silence.TotalSeconds,5:0.00} s, written again after {Again.TotalSeconds,5:0.00} s, all well after {Well.TotalSeconds,5:0.00} s, {Refused,4} refused, {Unknown,3} unknown");
        string objections = string.Concat(Objections.Select(objection => $"; TOO MUCH: {objection}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $@"{From:mm\:ss}-{To:mm\:ss}{(IsRepeated ? ", again" : "")}  {recovery} (election timeout {ElectionTimeout.TotalMilliseconds,4:0} ms), leader {Leader}: {string.Join("; ", Seen)}{objections}");
    }
}

/// <summary>What came out of a run.</summary>
/// <param name="Plan">Which plan.</param>
/// <param name="Seed">What chance was drawn from.</param>
/// <param name="Verdict">What became of what was promised.</param>
/// <param name="ClocksJumped">Whether clock faults were carried out, or skipped for want of libfaketime.</param>
/// <param name="Episodes">What happened.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="SecondsSilent">How long nothing was acknowledged for longer than half a second, all together.</param>
/// <param name="OperationsPerSecond">How many publishes and pops were answered in the rest.</param>
/// <param name="Acknowledged">How many publishes were acknowledged.</param>
/// <param name="Refused">How many were refused.</param>
/// <param name="Unknown">How many had an unknown outcome.</param>
/// <param name="HandedOut">How many messages were popped.</param>
internal sealed record ChaosReport(
    string Plan,
    int Seed,
    string Verdict,
    bool ClocksJumped,
    IReadOnlyList<EpisodeReport> Episodes,
    double Seconds,
    double SecondsSilent,
    double OperationsPerSecond,
    int Acknowledged,
    int Refused,
    int Unknown,
    int HandedOut)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
