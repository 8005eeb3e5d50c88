using System.CommandLine;
using System.Net;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Node;
using RaftMQ.Server.Configuration;
using RaftMQ.Server.Hosting;
using RaftMQ.Server.Logging;
using RaftMQ.Transport;

namespace RaftMQ.Server.Commands;

/// <summary><c>raftmq serve</c>: one production node, as its configuration file says.</summary>
internal static partial class ServeCommand
{
    public static Command Build()
    {
        var config = new Option<string>("--config") { Description = "The node's configuration, a JSON file.", Required = true, HelpName = "FILE" };
        var join = new Option<string>("--join")
        {
            Description = "With an empty data folder: join the running cluster that this node belongs to. The same as the key \"join\".",
            HelpName = "URL",
        };
        Option<LogFormat> logFormat = SharedOptions.LogFormat();
        Option<bool> allowInsecure = SharedOptions.AllowInsecure();
        var supervised = new Option<bool>(SupervisedProcess.Option) { Hidden = true };

        var command = new CommandWithExample("serve", "Run one node of a cluster.", "raftmq serve --config node1.json\nraftmq serve --config node4.json --join http://127.0.0.1:8081")
        {
            config, join, logFormat, allowInsecure, supervised,
        };
        command.SetAction((arguments, _) => RunAsync(
            arguments.GetRequiredValue(config),
            arguments.GetValue(join),
            arguments.GetValue(logFormat),
            arguments.GetValue(allowInsecure),
            arguments.GetValue(supervised)));
        return command;
    }

    private static async Task<int> RunAsync(string config, string? join, LogFormat logFormat, bool allowInsecure, bool supervised)
    {
        using var stop = StopSignal.OfProcess(supervised);
        using ILoggerFactory logs = Logs.Create(logFormat);
        LoadedConfiguration loaded;
        try
        {
            loaded = ServeConfigurationLoader.Load(config, EnvironmentOverrides.OfProcess(), join);
        }
        catch (ConfigurationException wrong)
        {
            throw new CommandFailedException(ExitCode.Configuration, wrong.Message);
        }

        foreach (string warning in loaded.Warnings)
        {
            LogWarning(logs.CreateLogger("RaftMQ.Server"), warning);
        }

        ServeConfiguration configuration = loaded.Configuration;
        NodePlan? plan = await PlanAsync(configuration with { AllowInsecure = configuration.AllowInsecure || allowInsecure });
        if (configuration.Join is { } cluster)
        {
            plan = await JoiningNode.AskAsync(plan, cluster, logs.CreateLogger("RaftMQ.Server"), stop);
        }

        if (plan is not null)
        {
            await NodeProcess.RunAsync(plan, logs, stop);
        }

        return ExitCode.Ok.Value;
    }

    /// <summary>What a configuration says, as a node is told it.</summary>
    /// <exception cref="CommandFailedException">It cannot be listened where it says.</exception>
    public static async Task<NodePlan> PlanAsync(ServeConfiguration configuration)
    {
        MemberAddresses self = configuration.Self;
        bool insecure = configuration.AllowInsecure;
        IPEndPoint clients = await ListenAddress.ResolveAsync(configuration.ClientListen ?? self.Client, "the client address", insecure);
        IPEndPoint peers = await ListenAddress.ResolveAsync(configuration.PeerListen ?? self.Peer, "the peer address", insecure);
        return new NodePlan
        {
            Node = NodeOptionsOf(configuration),
            Http = configuration.Http,
            Clients = clients,
            Peers = new PeerNetworkOptions
            {
                Address = self.Peer.ToString(),
                Listen = peers,
                Peers = configuration.Members.Where(member => member != self).ToDictionary(Number, member => member.Peer.ToString()),
            },
            DataFolder = configuration.DataFolder,
        };
    }

    private static NodeOptions NodeOptionsOf(ServeConfiguration configuration) => new()
    {
        Node = Number(configuration.Self),
        Members = [.. configuration.Members.Select(member => new Member(Number(member), 0, member.Peer.ToString(), member.Client.ToString()))],
        Limits = configuration.Limits,
        Wal = configuration.Wal,
        SnapshotLogBytes = configuration.SnapshotLogBytes,
        RepairsItself = configuration.RepairsItself,
        ScrubPauseSeconds = configuration.ScrubPauseSeconds,
        MaxRequests = configuration.Budgets.MaxRequests,
        MaxRequestBytes = configuration.Budgets.MaxRequestBytes,
        MaxUncommittedEntries = configuration.Budgets.MaxUncommittedEntries,
        MaxUncommittedBytes = configuration.Budgets.MaxUncommittedBytes,
        MemoryBudgetBytes = configuration.Budgets.MemoryBytesHere,
        DiskBudgetBytes = configuration.Budgets.DiskBytes > 0 ? configuration.Budgets.DiskBytes : null,
        TickMilliseconds = configuration.Timeouts.TickMs,
        ElectionTimeoutMilliseconds = configuration.Timeouts.ElectionMs,
        MaxElectionTimeoutMilliseconds = configuration.Timeouts.MaxElectionMs,
        HeartbeatMilliseconds = configuration.Timeouts.HeartbeatMs,
        LeaderWaitMilliseconds = configuration.Timeouts.LeaderWaitMs,
        RequestTimeoutMilliseconds = configuration.Timeouts.RequestMs,
    };

    private static NodeId Number(MemberAddresses member) => new((uint)member.Id);

    [LoggerMessage(Level = LogLevel.Warning, EventName = "OddConfiguration", Message = "{Text}")]
    private static partial void LogWarning(ILogger logger, string text);
}
