using System.CommandLine;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Server.Supervision;

namespace RaftMQ.Server.Commands;

/// <summary><c>raftmq dev</c>: a whole cluster on this machine, one process a node, under one supervisor.</summary>
internal static class DevCommand
{
    private const int LargestPort = 65_535;

    public static Command Build()
    {
        var nodes = new Option<int>("--nodes") { Description = "How many nodes, 1 to 9.", DefaultValueFactory = _ => 3, HelpName = "N" };
        var port = new Option<int>("--port")
        {
            Description = "The first node's port for clients; the others follow.",
            DefaultValueFactory = _ => 8080,
            HelpName = "PORT",
        };
        var data = new Option<string>("--data")
        {
            Description = "Where the nodes keep their data from run to run.",
            DefaultValueFactory = _ => ".raftmq",
            HelpName = "DIR",
        };

        var command = new CommandWithExample("dev", "Run a whole cluster on this machine.", "raftmq dev\nraftmq dev --nodes 5 --port 9000 --data /tmp/five") { nodes, port, data };
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(nodes), arguments.GetValue(port), arguments.GetRequiredValue(data)));
        return command;
    }

    private static async Task<int> RunAsync(int nodes, int port, string data)
    {
        if (nodes is < 1 or > Membership.MaxVoters)
        {
            throw new CommandFailedException(ExitCode.Configuration, $"--nodes is 1 to {Membership.MaxVoters}, not {nodes}");
        }

        if (port < 1 || port + nodes - 1 > LargestPort)
        {
            throw new CommandFailedException(ExitCode.Configuration, $"--port is 1 to {LargestPort - nodes + 1}, so that {nodes} nodes have a port each, not {port}");
        }

        using var stop = new SupervisorStop();
        using DevFolder folder = DevFolder.Open(data);
        PortPlan ports = PortPlan.Make(port, folder.PeerPortsFor(nodes), nodes);
        folder.Save(ports);
        var screen = new DevScreen(Console.Out, isTerminal: !Console.IsOutputRedirected);
        return await new Supervisor(folder, ports, screen).RunAsync(stop);
    }
}
