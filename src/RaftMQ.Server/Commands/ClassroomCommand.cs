using System.CommandLine;
using System.Globalization;
using System.Net;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Node;
using RaftMQ.Replica;
using RaftMQ.Server.Configuration;
using RaftMQ.Server.Hosting;
using RaftMQ.Server.Logging;
using RaftMQ.Transport;

namespace RaftMQ.Server.Commands;

/// <summary>
/// <c>raftmq classroom</c>: one node in the way of the course assignment. Followers refuse instead of passing on, an orderly stop discards the
/// state, and a
/// majority that comes back empty founds anew (<c>docs/course.md</c>).
/// </summary>
internal static class ClassroomCommand
{
    public static Command Build()
    {
        var config = new Argument<string>("CONFIG")
        {
            Description = """The assignment's file: {"addresses":[{"ip":…,"port":…,"internal_port":…},…]}""",
        };
        var index = new Argument<int>("INDEX")
        {
            Description = "Which of the addresses this node is; the first is 0.",
            CustomParser = result =>
            {
                if (!int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int place))
                {
                    result.AddError($"INDEX is a place in the list of addresses, 0 for the first, not \"{result.Tokens[0].Value}\"");
                }

                return place;
            },
        };
        Option<LogFormat> logFormat = SharedOptions.LogFormat();
        Option<bool> allowInsecure = SharedOptions.AllowInsecure();

        var command = new CommandWithExample("classroom", "Run one node in the way of the course assignment.", "raftmq classroom config.json 0")
        {
            config, index, logFormat, allowInsecure,
        };
        command.SetAction((arguments, _) => RunAsync(
            arguments.GetRequiredValue(config), arguments.GetRequiredValue(index), arguments.GetValue(logFormat), arguments.GetValue(allowInsecure)));
        return command;
    }

    private static async Task<int> RunAsync(string config, int index, LogFormat logFormat, bool allowInsecure)
    {
        using var stop = StopSignal.OfProcess(supervised: false);
        using ILoggerFactory logs = Logs.Create(logFormat);
        ClassroomConfiguration configuration;
        try
        {
            configuration = ClassroomConfiguration.Load(config);
        }
        catch (ConfigurationException wrong)
        {
            throw new CommandFailedException(ExitCode.Configuration, wrong.Message);
        }

        int count = configuration.Addresses.Count;
        if (index < 0 || index >= count)
        {
            throw new CommandFailedException(
                ExitCode.Configuration, $"INDEX {index} is not a place in the list of addresses; it has {count}, from 0 to {count - 1}");
        }

        await NodeProcess.RunAsync(await PlanAsync(configuration, index, allowInsecure), logs, stop);
        return ExitCode.Ok.Value;
    }

    private static async Task<NodePlan> PlanAsync(ClassroomConfiguration configuration, int index, bool allowInsecure)
    {
        ClassroomAddress self = configuration.Addresses[index];
        IPEndPoint clients = await ListenAddress.ResolveAsync(self.Client, $"addresses[{index}].ip", allowInsecure);
        Member[] members =
        [
            .. configuration.Addresses.Select((address, i) => new Member(Number(i), 0, address.Peer.ToString(), address.Client.ToString())),
        ];
        return new NodePlan
        {
            Node = new NodeOptions
            {
                Node = Number(index),
                Members = members,
                Forward = false,
                Birth = BirthPolicy.MajorityDecides,
                MemoryBudgetBytes = new Budgets().MemoryBytesHere,
            },
            Clients = clients,
            Peers = new PeerNetworkOptions
            {
                Listen = self.InternalPort is { } port ? new IPEndPoint(clients.Address, port) : null,
                Peers = members.Where(member => member.Node != Number(index)).ToDictionary(member => member.Node, member => member.PeerAddress),
            },
            DataFolder = Path.Combine(Path.GetTempPath(), $"raftmq-classroom-{configuration.StateName}-{index}"),
            RemoveDataAtStop = true,
        };
    }

    // The list counts from 0, nodes from 1: 0 is nobody.
    private static NodeId Number(int index) => new((uint)index + 1);
}
