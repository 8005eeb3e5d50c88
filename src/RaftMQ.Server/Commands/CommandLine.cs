using System.CommandLine;
using RaftMQ.Contracts;

namespace RaftMQ.Server.Commands;

/// <summary>The command line: where the commands come together, and where every way to fail becomes one line and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>The program with all its commands.</summary>
    public static RootCommand Build()
    {
        var root = new RootCommand("RaftMQ: a replicated, durable message queue that any HTTP client can use.");
        root.Add(ServeCommand.Build());
        root.Add(ClassroomCommand.Build());
        return root;
    }

    /// <summary>Carries out a command line.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            ParseResult parsed = Build().Parse(args);
            if (parsed.Errors.Count > 0)
            {
                string command = parsed.CommandResult.Command is RootCommand ? "raftmq" : $"raftmq {parsed.CommandResult.Command.Name}";
                throw new CommandFailedException(ExitCode.Configuration, $"{parsed.Errors[0].Message.TrimEnd('.')}; see `{command} --help`");
            }

            // The commands handle signals themselves: an orderly stop takes longer than the library's time-out.
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(configuration);
        }
        catch (CommandFailedException failure)
        {
            await Console.Error.WriteLineAsync($"raftmq: {failure.Message}");
            return failure.ExitCode.Value;
        }
        catch (Exception defect)
        {
            await Console.Error.WriteLineAsync($"raftmq: an error nobody expected, please report it: {defect}");
            return ExitCode.Defect.Value;
        }
    }
}
