using System.CommandLine;

namespace RaftMQ.Bench.Commands;

/// <summary>Options of more than one command.</summary>
internal static class SharedOptions
{
    public static Option<int> Nodes() => Bounded("--nodes", "How many nodes the cluster has.", 3, 1, 9);

    /// <summary>A cluster without and with company.</summary>
    public static Option<int> OneOrThreeNodes(int usual)
    {
        var option = new Option<int>("--nodes") { Description = "How many nodes the cluster has: 1 or 3.", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is not (1 or 3))
            {
                result.AddError($"--nodes is {result.GetValueOrDefault<int>()}; it must be 1 or 3");
            }
        });
        return option;
    }

    public static Option<int> Connections() => Bounded("--connections", "Requests under way at a time.", 128, 1, 256);

    public static Option<string> Server() => new("--server")
    {
        Description = "The raftmq.dll to run.",
        DefaultValueFactory = _ => DefaultServer(),
    };

    public static Option<string> Data() => new("--data")
    {
        Description = "Where the nodes' data and the file for the disk's figure are put: in a new folder there, removed at the end.",
        DefaultValueFactory = _ => Path.GetTempPath(),
    };

    public static Option<string?> Json() => new("--json") { Description = "Write the figures to this file, too." };

    /// <summary>A number within bounds, refused with both of them.</summary>
    public static Option<int> Bounded(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = $"{description} {least} to {most}.", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            int value = result.GetValueOrDefault<int>();
            if (value < least || value > most)
            {
                result.AddError($"{name} is {value}; it must be {least} to {most}");
            }
        });
        return option;
    }

    private static string DefaultServer()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RaftMQ.slnx")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? ".", "src", "RaftMQ.Server", "bin", "Release", "net10.0", "raftmq.dll");
    }
}
