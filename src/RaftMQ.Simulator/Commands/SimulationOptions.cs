using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Plans;

namespace RaftMQ.Simulator.Commands;

/// <summary>The options of the command line, each with the words that help shows and the bounds that it is held to.</summary>
internal sealed class SimulationOptions
{
    /// <summary>The longest run that may be asked for.</summary>
    public const int MaxEvents = 100_000_000;

    private const int UsualEvents = 20_000;
    private const int MaxWorkers = 256;
    private const int MaxMinutes = 10_080;

    public Option<SeedRange?> Seeds { get; } = Parsed<SeedRange?>("--seeds", "A..B", "The seeds to run, both ends included.", ParseSeeds);

    public Option<int?> Fresh { get; } = Bounded("--fresh", "N", "Run so many seeds from a random one on; the first is printed.", 1, SeedRange.MaxSeeds);

    public Option<ulong?> Seed { get; } = Parsed<ulong?>("--seed", "N", "Run one seed.", ParseSeed);

    public Option<string?> Regressions { get; } = new("--regressions") { HelpName = "FILE", Description = "Run what once failed, too: seed events profile — story." };

    public Option<int?> Events { get; } = Bounded("--events", "N", $"How many events the storm of a run lasts. Usually {UsualEvents:N0}.", 1, MaxEvents);

    public Option<int?> Horizon { get; } =
        Bounded("--horizon", "N", "Over how many events faults are planned. Usually as many as the storm lasts; a shorter storm of one horizon is the beginning of a longer one.", 1, MaxEvents);

    public Option<Profile> Profile { get; } = Parsed("--profile", "NAME", $"Look longer at one corner: {Names.Of<Profile>()}.", ParseProfile);

    public Option<IReadOnlySet<FaultKind>?> Without { get; } =
        Parsed<IReadOnlySet<FaultKind>?>("--without", "KIND,KIND", $"Leave kinds of faults out: {Names.Of<FaultKind>()}.", ParseKinds);

    public Option<int?> Workers { get; } = Bounded("--workers", "N", "How many runs are made at a time. Usually one per processor.", 1, MaxWorkers);

    public Option<int?> Minutes { get; } = Bounded("--minutes", "N", "Begin no more runs after so many minutes.", 1, MaxMinutes);

    public Option<bool> StopAtFailure { get; } = new("--stop-at-failure") { Description = "Begin no more runs after one has failed." };

    public Option<bool> Floors { get; } = new("--floors") { Description = "Fail, too, if a situation was reached in fewer seeds than its floor. Meant for some thousand seeds." };

    public Option<int?> Double { get; } = Bounded("--double", "N", "Make the first N seeds in a second process, too, and compare all that they come to.", 1, 10_000);

    public Option<string?> Json { get; } = new("--json") { HelpName = "FILE", Description = "Write all figures to a file." };

    public Option<bool> Trace { get; } = new("--trace") { Description = "With --seed: print one line per event." };

    public Option<bool> Shrink { get; } = new("--shrink") { Description = "With --seed: look for a shorter run with fewer faults that still fails alike." };

    public Option<bool> Digests { get; } = new("--digests") { Hidden = true, Description = "Print nothing but each seed with the digest of its result: what --double asks a second process for." };

    public IEnumerable<Option> All =>
        [Seeds, Fresh, Seed, Regressions, Events, Horizon, Profile, Without, Workers, Minutes, StopAtFailure, Floors, Double, Json, Trace, Shrink, Digests];

    /// <summary>What the runs of a command line have in common; the seed is nobody's.</summary>
    public RunOptions Shared(ParseResult parsed) => new()
    {
        Seed = 0,
        Events = parsed.GetValue(Events) ?? UsualEvents,
        Horizon = parsed.GetValue(Horizon),
        Profile = parsed.GetValue(Profile),
        Without = parsed.GetValue(Without) ?? new HashSet<FaultKind>(),
    };

    private static Option<T> Parsed<T>(string name, string helpName, string description, Func<ArgumentResult, T> parse) =>
        new(name) { HelpName = helpName, Description = description, CustomParser = result => parse(result)! };

    private static Option<int?> Bounded(string name, string helpName, string description, int least, int most) =>
        Parsed<int?>(name, helpName, description, result =>
        {
            string text = result.Tokens[0].Value;
            bool isWithin = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most;
            return isWithin ? value : Wrong<int?>(result, $"{name} is a number from {least:N0} to {most:N0}, not \"{text}\"");
        });

    private static SeedRange? ParseSeeds(ArgumentResult result) =>
        SeedRange.TryParse(result.Tokens[0].Value, out SeedRange range, out string? wrong) ? range : Wrong<SeedRange?>(result, $"--seeds: {wrong}");

    private static ulong? ParseSeed(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        bool isSeed = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed);
        return isSeed ? seed : Wrong<ulong?>(result, $"--seed is a whole number of up to 64 bits, not \"{text}\"");
    }

    private static Profile ParseProfile(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        return Names.TryParse(text, out Profile profile) ? profile : Wrong<Profile>(result, $"--profile does not know \"{text}\"; it knows {Names.Of<Profile>()}");
    }

    private static HashSet<FaultKind>? ParseKinds(ArgumentResult result)
    {
        var kinds = new HashSet<FaultKind>();
        foreach (string text in result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Names.TryParse(text, out FaultKind kind))
            {
                return Wrong<HashSet<FaultKind>?>(result, $"--without does not know \"{text}\"; it knows {Names.Of<FaultKind>()}");
            }

            kinds.Add(kind);
        }

        return kinds;
    }

    private static T? Wrong<T>(ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
