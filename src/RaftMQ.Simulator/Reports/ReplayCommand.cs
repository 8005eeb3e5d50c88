using System.Globalization;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Reports;

/// <summary>The command that makes a run again.</summary>
internal static class ReplayCommand
{
    /// <summary>To be pasted at the root of the repository.</summary>
    public static string Of(RunOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"dotnet run -c Release --project src/RaftMQ.Simulator -- --seed {options.Seed} {string.Join(' ', SharedArguments(options))}");

    /// <summary>The arguments that say everything but the seed.</summary>
    public static IReadOnlyList<string> SharedArguments(RunOptions options)
    {
        var arguments = new List<string> { "--events", options.Events.ToString(CultureInfo.InvariantCulture) };
        if (options.Horizon is { } horizon && horizon != options.Events)
        {
            arguments.AddRange(["--horizon", horizon.ToString(CultureInfo.InvariantCulture)]);
        }

        if (options.Profile != Profile.Any)
        {
            arguments.AddRange(["--profile", options.Profile.ToString()]);
        }

        if (options.Without.Count > 0)
        {
            arguments.AddRange(["--without", string.Join(',', options.Without.Order())]);
        }

        return arguments;
    }
}
