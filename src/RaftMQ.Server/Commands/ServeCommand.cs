using System.CommandLine;
using RaftMQ.Contracts;
using RaftMQ.Server.Hosting;

namespace RaftMQ.Server.Commands;

/// <summary><c>raftmq serve</c>: one production node, as its configuration file says.</summary>
internal static class ServeCommand
{
    public static Command Build()
    {
        var config = new Option<FileInfo>("--config") { Description = "The node's configuration, a JSON file.", Required = true, HelpName = "FILE" };
        var logFormat = new Option<string>("--log-format") { Description = "How log lines look.", DefaultValueFactory = _ => "text" };
        logFormat.AcceptOnlyFromAmong("text", "json");
        var allowInsecure = new Option<bool>("--allow-insecure")
        {
            Description = "Listen on addresses that other machines can reach, without encryption or passwords.",
        };
        var supervised = new Option<bool>(SupervisedProcess.Option) { Hidden = true };

        var command = new Command("serve", "Run one node of a cluster.") { config, logFormat, allowInsecure, supervised };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult arguments) => throw new CommandFailedException(ExitCode.Defect, "serve is not built yet");
}
