using System.Globalization;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>How long chaos lasts: a short form with every run of the suite, a long one by <c>scripts/chaos</c>, which sets these variables.</summary>
internal static class ChaosForm
{
    public static int Seed { get; } = int.Parse(Variable("SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>What is to happen.</summary>
    public static Plan Plan { get; } = Variable("MINUTES") is { } minutes
        ? Plan.Long(Seed, TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)), int.Parse(Variable("NODES") ?? "3", CultureInfo.InvariantCulture), Variable("ONLY"))
        : Plan.Short();

    public static bool IsLong { get; } = Variable("MINUTES") is not null;

    /// <summary>For how long bad links are there before they count as known.</summary>
    public static TimeSpan Adaptation { get; } = TimeSpan.FromSeconds(IsLong ? 30 : 15);

    /// <summary>For how long there is then to be no election.</summary>
    public static TimeSpan Peace { get; } = Variable("MINUTES") is { } minutes ? TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)) : TimeSpan.FromSeconds(15);

    /// <summary>What the clients do in a second at least, while anything is done at all: half of it where other tests run beside, since it is the machine's time that is short then.</summary>
    public static int LeastOperationsPerSecond { get; } = IsLong ? 500 : 250;

    /// <summary>The file that is to get the plan, which is then not carried out.</summary>
    public static string? PlanFile { get; } = Variable("PLAN");

    /// <summary>The file that is to get the report as JSON.</summary>
    public static string? ReportFile { get; } = Variable("REPORT");

    /// <summary>The file that is to get what the nodes said.</summary>
    public static string? LogFile { get; } = Variable("LOG");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable("CHAOS_" + name) is { Length: > 0 } text ? text : null;
}
