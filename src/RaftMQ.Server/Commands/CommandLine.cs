using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using RaftMQ.Contracts;
using RaftMQ.Server.Configuration;

namespace RaftMQ.Server.Commands;

/// <summary>The command line: where the commands come together, and where every way to fail becomes one line and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>The program with all its commands.</summary>
    public static RootCommand Build()
    {
        var root = new RootCommand("RaftMQ: a replicated, durable message queue that any HTTP client can use.");
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion();
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new PrintHelp((HelpAction)help.Action!);
        root.Add(DevCommand.Build());
        root.Add(ServeCommand.Build());
        root.Add(ClassroomCommand.Build());
        root.Add(ClusterCommand.Build());
        root.Add(InspectCommand.Build());
        root.Add(BackupCommand.Build());
        root.Add(RestoreCommand.Build());
        root.Add(RecoverCommand.Build());
        return root;
    }

    /// <summary>Carries out a command line.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            ParseResult parsed = Build().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if ((parsed.Errors.Count > 0 || Empty(parsed) is not null) && parsed.Action is not (PrintHelp or PrintVersion))
            {
                throw new CommandFailedException(ExitCode.Configuration, WhatIsWrong(parsed));
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

    private static string WhatIsWrong(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string name = NameOf(command);
        string[] missing = [.. Missing(parsed)];
        string wrong = Empty(parsed) is { } empty ? $"{empty} is empty: was a variable not set?"
            : parsed.UnmatchedTokens is [string unknown, ..] ? Unknown(command, name, unknown)
            : command.Action is null && command.Subcommands.Count > 0 ? $"a command is missing: {InWords(command.Subcommands.Select(each => each.Name), "or")}"
            : missing.Length > 0 ? $"{InWords(missing, "and")} {(missing.Length == 1 ? "is" : "are")} missing"
            : parsed.Errors[0].Message.TrimEnd('.');
        return $"{wrong}; see `{name} --help`";
    }

    private static string Unknown(Command command, string name, string unknown)
    {
        if (command.Subcommands.Count == 0 && !unknown.StartsWith('-'))
        {
            string taken = command.Arguments.Count == 0 ? "options" : InWords(command.Arguments.Select(argument => argument.Name), "and");
            return $"`{name}` takes {taken} and no more, not \"{unknown}\"";
        }

        IEnumerable<Symbol> known = command.Subcommands.Concat<Symbol>(command.Options).Where(symbol => !symbol.Hidden);
        return $"`{name}` does not know \"{unknown}\"; the nearest it knows is \"{ConfigurationKeys.Nearest(unknown, known.Select(symbol => symbol.Name))}\"";
    }

    /// <summary>What has to be given and is not: the library names one of them at a time.</summary>
    private static IEnumerable<string> Missing(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        return command.Arguments.Where(argument => argument.Arity.MinimumNumberOfValues > (parsed.GetResult(argument)?.Tokens.Count ?? 0)).Select(argument => argument.Name)
            .Concat(command.Options.Where(option => option.Required && parsed.GetResult(option) is null or { Implicit: true }).Select(option => option.Name));
    }

    private static string InWords(IEnumerable<string> names, string last)
    {
        string[] all = [.. names];
        return all.Length == 1 ? all[0] : $"{string.Join(", ", all[..^1])} {last} {all[^1]}";
    }

    /// <summary>The option or argument that was given and is empty, which none ever is.</summary>
    private static string? Empty(ParseResult parsed) => parsed.CommandResult.Children.FirstOrDefault(given => given.Tokens.Any(token => token.Value.Length == 0)) switch
    {
        OptionResult option => option.Option.Name,
        ArgumentResult argument => argument.Argument.Name,
        _ => null,
    };

    private static string NameOf(Command command) =>
        command is RootCommand ? "raftmq" : $"{NameOf(command.Parents.OfType<Command>().First())} {command.Name}";

    private sealed class PrintHelp(HelpAction library) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            library.Invoke(parseResult);
            if (parseResult.CommandResult.Command is CommandWithExample command)
            {
                Console.Out.WriteLine($"Example:\n  {command.Example.ReplaceLineEndings("\n  ")}\n");
            }

            return ExitCode.Ok.Value;
        }
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            Console.Out.WriteLine($"raftmq {ProgramVersion.Number}");
            return ExitCode.Ok.Value;
        }
    }
}
