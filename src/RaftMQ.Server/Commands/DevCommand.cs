using System.CommandLine;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Server.Supervision;

namespace RaftMQ.Server.Commands;

/// <summary><c>raftmq dev</c>: a whole cluster on this machine, one process a node, under one supervisor.</summary>
internal static class DevCommand
{
    private const int UsualNodes = 3;
    private const int UsualPort = 8080;

    public static Command Build()
    {
        Option<int?> nodes = SharedOptions.Number("--nodes", $"How many nodes a new cluster has, 1 to {Membership.MaxVoters}. [default: {UsualNodes}]", "N", Membership.MaxVoters);
        Option<int?> port = SharedOptions.Number(
            "--port", $"The first node's port for clients in a new cluster; the others follow. [default: {UsualPort}]", "PORT", DevPlan.LargestPort);
        Option<string> data = Data();

        var command = new CommandWithExample(
            "dev", "Run a whole cluster on this machine, or go on with one.",
            "raftmq dev\nraftmq dev --nodes 5 --port 9000 --data /tmp/five\nraftmq dev add") { nodes, port, data };
        command.Add(DevAddCommand.Build());
        command.Add(DevRemoveCommand.Build());
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(nodes), arguments.GetValue(port), arguments.GetRequiredValue(data)));
        return command;
    }

    /// <summary><c>--data DIR</c></summary>
    public static Option<string> Data() => new("--data")
    {
        Description = "Where the nodes keep their data from run to run.",
        DefaultValueFactory = _ => ".raftmq",
        HelpName = "DIR",
    };

    private static async Task<int> RunAsync(int? nodes, int? port, string data)
    {
        int count = nodes ?? UsualNodes;
        if (port + count - 1 > DevPlan.LargestPort)
        {
            throw new CommandFailedException(
                ExitCode.Configuration, $"--port is 1 to {DevPlan.LargestPort - count + 1}, so that {count} nodes have a port each, not {port}");
        }

        using var stop = new SupervisorStop();
        using DevFolder folder = DevFolder.Open(data);
        DevPlan? last = folder.ReadPlanOrBegin();
        if (last is not null)
        {
            RefuseOther(last, nodes, port, folder.Path);
            last.RequireFreePorts("stop that one, or begin a new cluster with --port and another folder (--data)");
        }

        DevPlan plan = last ?? DevPlan.Found(port ?? UsualPort, count);
        folder.Save(plan);
        var screen = new DevScreen(Console.Out, isTerminal: !Console.IsOutputRedirected);
        return await new Supervisor(folder, plan, screen).RunAsync(stop);
    }

    /// <summary>A cluster is gone on with as it is: its nodes know each other by number and port.</summary>
    private static void RefuseOther(DevPlan last, int? nodes, int? port, string folder)
    {
        if (nodes is { } count && count != last.Nodes.Count)
        {
            throw new CommandFailedException(
                ExitCode.Configuration,
                $"the cluster in {folder} has {last.Nodes.Count} nodes, not {count}; leave --nodes out and use `raftmq dev add` or `raftmq dev remove`, or begin a new one with --data");
        }

        if (port is { } first && first != last.FirstClientPort)
        {
            throw new CommandFailedException(
                ExitCode.Configuration,
                $"the cluster in {folder} has its clients from port {last.FirstClientPort} on, not {first}; leave --port out, or begin a new one in another folder with --data");
        }
    }
}
