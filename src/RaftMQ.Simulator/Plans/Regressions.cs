using System.Globalization;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Commands;

namespace RaftMQ.Simulator.Plans;

/// <summary>Runs that once failed, one a line: <c>seed events profile — story</c>. Empty lines and those that begin with # are for people.</summary>
internal static class Regressions
{
    private const string Form = "seed events profile — story";
    private const char Dash = '—';

    /// <summary>Reads a file of them.</summary>
    /// <exception cref="BadArgumentsException">It cannot be read, or a line is not of the form.</exception>
    public static IReadOnlyList<RunOptions> Load(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadArgumentsException($"--regressions: {path} cannot be read: {e.Message}");
        }

        var runs = new List<RunOptions>();
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length > 0 && line[0] != '#')
            {
                runs.Add(Parse(line) ?? throw new BadArgumentsException($"{path}:{i + 1}: \"{line}\" is not of the form {Form}"));
            }
        }

        return runs;
    }

    private static RunOptions? Parse(string line)
    {
        string[] halves = line.Split(Dash, 2);
        string[] words = halves[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool isComplete = words.Length == 3 && halves.Length == 2 && halves[1].Trim().Length > 0;
        if (!isComplete)
        {
            return null;
        }

        bool isRun = ulong.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            & int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int events)
            & Names.TryParse(words[2], out Profile profile);
        return isRun && events is >= 1 and <= SimulationOptions.MaxEvents ? new RunOptions { Seed = seed, Events = events, Profile = profile } : null;
    }
}
