using Microsoft.Extensions.Logging.Abstractions;
using RaftMQ.Consensus;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Configuration;
using RaftMQ.Server.Hosting;

namespace RaftMQ.Cluster.Tests;

/// <summary>A node of the program to come, which understands one more cluster version than that of today: the same code, with the same configuration, in this process.</summary>
internal sealed class NewerProgram : IAsyncDisposable
{
    private readonly StopSignal _stop = new();
    private readonly Task _running;
    private readonly ServeCluster _cluster;
    private readonly int _id;

    private NewerProgram(ServeCluster cluster, int id, NodePlan plan)
    {
        (_cluster, _id) = (cluster, id);
        _running = NodeProcess.RunAsync(plan with { Node = plan.Node with { Understands = Understands } }, NullLoggerFactory.Instance, _stop);
        cluster.InThisProcess.Add(id);
    }

    public static ClusterVersions Understands { get; } = ClusterVersions.OfThisProgram with { Newest = ClusterVersions.OfThisProgram.Newest + 1 };

    public static async Task<NewerProgram> StartAsync(ServeCluster cluster, int id) =>
        new(cluster, id, await ServeCommand.PlanAsync(ServeConfigurationLoader.Load(cluster.ConfigurationOf(id), new Dictionary<string, string>()).Configuration));

    /// <summary>Stops it in order, as SIGTERM does.</summary>
    public async ValueTask DisposeAsync()
    {
        _cluster.InThisProcess.Remove(_id);
        _stop.Request(StopCause.Asked);
        await _running;
        _stop.Dispose();
    }
}
