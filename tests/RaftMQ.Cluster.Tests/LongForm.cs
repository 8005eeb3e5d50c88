using System.Globalization;

namespace RaftMQ.Cluster.Tests;

/// <summary>How far the tests on real disks go: a short form with every run of the suite, a long one by <c>scripts/long-disk-tests</c>, which sets these variables.</summary>
internal static class LongForm
{
    /// <summary>How many kills while the disk is tidied up.</summary>
    public static int Kills { get; } = Number("DISK_TESTS_KILLS", 30);

    /// <summary>How much is written while a follower is away.</summary>
    public static int AwayMebibytes { get; } = Number("DISK_TESTS_AWAY_MIB", 64);

    /// <summary>How often a minority is damaged while it is down.</summary>
    public static int DamageRounds { get; } = Number("DISK_TESTS_DAMAGE_ROUNDS", 3);

    /// <summary>How often a disk is filled and freed.</summary>
    public static int Fillings { get; } = Number("DISK_TESTS_FILLINGS", 1);

    /// <summary>What chance is drawn from.</summary>
    public static int Seed { get; } = Number("DISK_TESTS_SEED", Random.Shared.Next());

    /// <summary>A line of the test's output, for people.</summary>
    public static void Say(FormattableString text) => TestContext.Current.TestOutputHelper!.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
