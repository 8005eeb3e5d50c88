using System.Net.Sockets;
using RaftMQ.Contracts;
using RaftMQ.Node;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Http;
using RaftMQ.Storage.Files;
using RaftMQ.Transport;

namespace RaftMQ.Server.Hosting;

/// <summary>
/// The life of a node in this process: ports first, so that a taken one shows before a folder is touched; then the listener, then the node, whose
/// recovery may take a while; then whatever ends it. An orderly stop says farewell to the clients first: each answer says that it is the last on its connection, then
/// nobody new is let in, and the node goes on serving until they are out. So a client that goes on elsewhere when it is told loses no request; one that dials again at once may be in the listener's
/// queue as that closes.
/// </summary>
internal static partial class NodeProcess
{
    // What the node may take to stop is its own bound of about three seconds; answers on their way out get one more; the rest is for the disposals.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ListenerPatience = TimeSpan.FromSeconds(1);

    /// <summary>For so long an orderly stop only tells the clients that each answer is the last on its connection: whoever has work sends a request within it, and goes.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(100);

    /// <summary>For so long at most it then waits for those that are left: what they have begun takes milliseconds while there is a leader.</summary>
    private static readonly TimeSpan LastRequests = TimeSpan.FromMilliseconds(400);

    /// <summary>After this they are cut off: the node has answered what waits, as far as it can, well before.</summary>
    private static readonly TimeSpan LongestGoing = TimeSpan.FromSeconds(4);

    /// <summary>Runs the node until it ends or is asked to stop.</summary>
    /// <exception cref="CommandFailedException">It could not start, or ended by itself; the exit code and the line to print are in it.</exception>
    public static async Task RunAsync(NodePlan plan, ILoggerFactory logs, StopSignal stop)
    {
        ILogger logger = logs.CreateLogger("RaftMQ.Server");
        await using var network = new PeerNetwork(plan.Peers, logs.CreateLogger("RaftMQ.Transport"));
        Bind(network, plan);

        var door = new NodeDoor(plan.Node.Node);
        var connections = new ClientConnections(plan.Http);
        var api = new CourseApi(door, plan.Node, connections, logger);
        SharedPort? shared = plan.Peers.Listen is null ? new SharedPort(network.AcceptAsync, logger) : null;
        await using ClientListener listener = await ClientListener.StartAsync(
            plan.Clients, connections, api.HandleAsync, logs, shared is null ? null : shared.Sniff);
        LogListening(logger, ProgramVersion.Number, plan.Node.Node.Value, plan.Clients.ToString());

        await using RaftNode node = RaftNode.Start(plan.Node, OpenFolder(plan), network, logs.CreateLogger("RaftMQ.Node"));
        door.Open(node);

        await Task.WhenAny(node.Completion, stop.Requested);
        if (node.Completion.IsCompleted)
        {
            await listener.StopAsync(ListenerPatience);
            throw Failed(await node.Completion);
        }

        StopCause cause = await stop.Requested;
        LogStopping(logger, cause == StopCause.Asked ? "asked to" : "the supervisor stops, or is gone");
        bool handOver = cause == StopCause.Asked;
        Task farewell = handOver ? await SayFarewellAsync(connections, listener, isShared: shared is not null) : Task.CompletedTask;
        await StopInOrderAsync(node, network, listener, handOver, farewell);
        NodeEnd end = await node.Completion;
        if (end.Reason != NodeEndReason.Stopped)
        {
            throw Failed(end);
        }

        if (plan.RemoveDataAtStop)
        {
            RemoveData(plan.DataFolder, logger);
        }
    }

    /// <summary>Sends the clients away while the node still serves them.</summary>
    /// <returns>The end of their last connection; bounded.</returns>
    private static async Task<Task> SayFarewellAsync(ClientConnections connections, ClientListener listener, bool isShared)
    {
        connections.IsFarewell = true;
        await Task.Delay(Farewell);
        if (isShared)
        {
            // The peers' connections are the listener's, too, and the node hands over through them.
            return Task.CompletedTask;
        }

        Task left = listener.StopAsync(LongestGoing);
        await Task.WhenAny(left, Task.Delay(LastRequests));
        return left;
    }

    private static async Task StopInOrderAsync(RaftNode node, PeerNetwork network, ClientListener listener, bool handOver, Task farewell)
    {
        Task stopping = StopAllAsync();
        await Task.WhenAny(stopping, Task.Delay(StopLimit));
        if (!stopping.IsCompleted)
        {
            // Not by an exception: the disposals on its way would wait for the very same thing.
            await Console.Error.WriteLineAsync(
                $"raftmq: the node did not stop within {StopLimit.TotalSeconds} s and was cut short; what was acknowledged is on disk");
            Environment.Exit(ExitCode.Defect.Value);
        }

        await stopping;

        // The node first: it answers what waits. Then the peers, whose connections may be the listener's; then the listener, which lets the
        // answers out: by itself, if it has said farewell to the clients before.
        async Task StopAllAsync()
        {
            await node.StopAsync(handOver);
            await network.DisposeAsync();
            await farewell;
            await listener.StopAsync(ListenerPatience);
        }
    }

    private static void Bind(PeerNetwork network, NodePlan plan)
    {
        if (plan.Peers.Listen is null)
        {
            return;
        }

        try
        {
            network.Bind();
        }
        catch (SocketException failure)
        {
            throw ListenAddress.CannotListen(plan.Peers.Listen, failure);
        }
    }

    private static IFileSystem OpenFolder(NodePlan plan)
    {
        try
        {
            return DataFolder.Open(plan.DataFolder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.DataRefused, $"the data folder {plan.DataFolder} cannot be used: {failure.Message}");
        }
    }

    private static void RemoveData(string folder, ILogger logger)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
            LogRemoved(logger, folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogNotRemoved(logger, folder, failure.Message);
        }
    }

    private static CommandFailedException Failed(NodeEnd end) => new(ExitCodeOf(end.Reason), end.Message);

    private static ExitCode ExitCodeOf(NodeEndReason reason) => reason switch
    {
        NodeEndReason.Stopped => ExitCode.Ok,
        NodeEndReason.DataRefused => ExitCode.DataRefused,
        NodeEndReason.DiskFailed => ExitCode.DiskFailed,
        _ => ExitCode.Defect,
    };

    [LoggerMessage(Level = LogLevel.Information, EventName = "Listening", Message = "raftmq {Version}, node {Node}: clients at http://{Address}")]
    private static partial void LogListening(ILogger logger, string version, uint node, string address);

    [LoggerMessage(Level = LogLevel.Information, EventName = "Stopping", Message = "stopping: {Why}")]
    private static partial void LogStopping(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Information, EventName = "DataRemoved", Message = "{Folder} is removed, as the assignment asks of a node that is stopped")]
    private static partial void LogRemoved(ILogger logger, string folder);

    [LoggerMessage(Level = LogLevel.Warning, EventName = "DataNotRemoved", Message = "{Folder} cannot be removed: {Why}; remove it by hand")]
    private static partial void LogNotRemoved(ILogger logger, string folder, string why);
}
