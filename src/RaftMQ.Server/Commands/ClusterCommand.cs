using System.CommandLine;
using RaftMQ.Contracts;
using RaftMQ.Server.Configuration;
using RaftMQ.Server.Http;
using RaftMQ.Server.Operation;

namespace RaftMQ.Server.Commands;

/// <summary>
/// <c>raftmq cluster</c>: who the members are, and changes of them. Every change may be asked for again: what is so already, or is on its way, is left alone. A change that was begun is
/// finished by the cluster, with or without the command that waits for it.
/// </summary>
internal static class ClusterCommand
{
    private const string HowToStart = "start it, the first time with an empty folder and --join";

    public static Command Build()
    {
        var command = new CommandWithExample(
            "cluster",
            "Show the members of a running cluster, or change them.",
            "raftmq cluster status\nraftmq cluster add 4 --client 127.0.0.1:8084 --peer 127.0.0.1:7004");
        command.Add(Status());
        command.Add(Add());
        command.Add(Remove());
        command.Add(Replace());
        command.Add(Move());
        command.Add(Transfer());
        return command;
    }

    private static CommandWithExample Status()
    {
        Option<Uri> url = Url();
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new CommandWithExample("status", "Show the members, and who leads.", "raftmq cluster status --url http://127.0.0.1:8081") { url, json };
        command.SetAction((arguments, cancellation) => RunAsync(arguments, url, async cluster =>
        {
            ClusterSearch.Found found = await cluster.FindAsync(cancellation);
            await Console.Out.WriteLineAsync(arguments.GetValue(json) ? ClusterReport.Json(found.Report) : ClusterText.Table(found.Report, found.Unreached));
        }));
        return command;
    }

    private static CommandWithExample Add()
    {
        Option<Uri> url = Url();
        Option<string> client = Client();
        Option<string> peer = Peer();
        Option<int> wait = SharedOptions.Wait();
        Argument<uint> node = SharedOptions.Node("NODE", "The number of the new node.");
        var command = new CommandWithExample(
            "add", "Take a new node in: it receives the log, and votes when it has caught up.",
            "raftmq cluster add 4 --client 127.0.0.1:8084 --peer 127.0.0.1:7004") { node, client, peer, url, wait };
        command.SetAction((arguments, cancellation) => RunAsync(arguments, url, async cluster =>
        {
            uint newcomer = arguments.GetValue(node);
            await cluster.SendAsync(HttpMethod.Put, $"members/{newcomer}", FieldsOf(arguments, client, peer), arguments.GetValue(wait), cancellation);
            await cluster.UntilAsync(report => ClusterText.Arrival(report, newcomer, HowToStart), arguments.GetValue(wait), cancellation, undo: $"raftmq cluster remove {newcomer}");
        }));
        return command;
    }

    private static CommandWithExample Remove()
    {
        Option<Uri> url = Url();
        Option<int> wait = SharedOptions.Wait();
        Argument<uint> node = SharedOptions.Node("NODE", "The node that leaves.");
        var command = new CommandWithExample("remove", "Let a node leave; it may be stopped afterwards.", "raftmq cluster remove 4") { node, url, wait };
        command.SetAction((arguments, cancellation) => RunAsync(arguments, url, async cluster =>
        {
            uint leaves = arguments.GetValue(node);
            string done = ClusterText.Removed(await cluster.ReportAsync(arguments.GetValue(wait), cancellation), leaves);
            await cluster.SendAsync(HttpMethod.Delete, $"members/{leaves}", null, arguments.GetValue(wait), cancellation);
            await cluster.UntilAsync(report => ClusterText.Departure(report, leaves), arguments.GetValue(wait), cancellation, done);
        }));
        return command;
    }

    private static CommandWithExample Replace()
    {
        Option<Uri> url = Url();
        Option<string> client = Client();
        Option<string> peer = Peer();
        Option<int> wait = SharedOptions.Wait();
        Argument<uint> old = SharedOptions.Node("OLD", "The node that leaves.");
        Argument<uint> node = SharedOptions.Node("NEW", "The number of the node that comes in its place.");
        var command = new CommandWithExample(
            "replace", "Let a new node take the place of another, in one step when it has caught up.",
            "raftmq cluster replace 2 4 --client 127.0.0.1:8084 --peer 127.0.0.1:7004") { old, node, client, peer, url, wait };
        command.SetAction((arguments, cancellation) => RunAsync(arguments, url, async cluster =>
        {
            (uint leaves, uint newcomer) = (arguments.GetValue(old), arguments.GetValue(node));
            ChangeFields fields = FieldsOf(arguments, client, peer) with { Replaces = leaves };
            string done = ClusterText.Replaced(await cluster.ReportAsync(arguments.GetValue(wait), cancellation), leaves, newcomer);
            await cluster.SendAsync(HttpMethod.Put, $"members/{newcomer}", fields, arguments.GetValue(wait), cancellation);
            await cluster.UntilAsync(
                report => ClusterText.Arrival(report, newcomer, HowToStart) ?? ClusterText.Departure(report, leaves), arguments.GetValue(wait), cancellation, done,
                undo: $"raftmq cluster remove {newcomer}");
        }));
        return command;
    }

    private static CommandWithExample Move()
    {
        Option<Uri> url = Url();
        Option<string> client = Client();
        Option<string> peer = Peer();
        Argument<uint> node = SharedOptions.Node("NODE", "The node that is reached elsewhere from now on.");
        var command = new CommandWithExample(
            "move", "Tell the cluster where a node is reached from now on.",
            "raftmq cluster move 2 --client 127.0.0.1:9082 --peer 127.0.0.1:9002") { node, client, peer, url };
        command.SetAction((arguments, cancellation) => RunAsync(arguments, url, async cluster =>
        {
            uint moves = arguments.GetValue(node);
            await cluster.SendAsync(HttpMethod.Patch, $"members/{moves}", FieldsOf(arguments, client, peer), ClusterClient.LongestAskingSeconds, cancellation);
            await Console.Out.WriteLineAsync($"node {moves} is reached at {arguments.GetValue(client)} and {arguments.GetValue(peer)} from its next start on");
        }));
        return command;
    }

    private static CommandWithExample Transfer()
    {
        Option<Uri> url = Url();
        Argument<uint> node = SharedOptions.Node("NODE", "The node that is to lead; without it, whichever has the most of the log.");
        node.Arity = ArgumentArity.ZeroOrOne;
        var command = new CommandWithExample("transfer", "Hand leadership to another node.", "raftmq cluster transfer 2") { node, url };
        command.SetAction((arguments, cancellation) => RunAsync(arguments, url, async cluster =>
        {
            await cluster.TransferAsync(arguments.GetResult(node) is { Tokens.Count: > 0 } ? arguments.GetValue(node) : null, cancellation);
            ClusterReport report = await cluster.ReportAsync(cancellation);
            await Console.Out.WriteLineAsync(report.Leader is { } leader ? $"node {leader} leads" : "another node leads");
        }));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, Option<Uri> url, Func<ClusterClient, Task> act)
    {
        using var cluster = new ClusterClient(arguments.GetRequiredValue(url));
        await act(cluster);
        return ExitCode.Ok.Value;
    }

    private static ChangeFields FieldsOf(ParseResult arguments, Option<string> client, Option<string> peer)
    {
        var fields = new ChangeFields { Client = arguments.GetRequiredValue(client), Peer = arguments.GetRequiredValue(peer) };
        return fields.ObjectionToAddresses() is { } wrong ? throw new CommandFailedException(ExitCode.Configuration, wrong.Detail!) : fields;
    }

    private static Option<Uri> Url() => new("--url")
    {
        Description = "The client address of any node of the cluster.",
        HelpName = "URL",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:8080"),
        CustomParser = result =>
        {
            try
            {
                return Settings.Url(result.Tokens[0].Value);
            }
            catch (SettingException wrong)
            {
                result.AddError($"--url: {wrong.Message}");
                return null;
            }
        },
    };

    private static Option<string> Client()
    {
        Option<string> client = SharedOptions.Client("Where clients reach the node.");
        client.Required = true;
        return client;
    }

    private static Option<string> Peer()
    {
        Option<string> peer = SharedOptions.Peer("Where the other nodes reach it.");
        peer.Required = true;
        return peer;
    }
}
