using System.CommandLine;
using System.CommandLine.Help;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Commands;

/// <summary>Reads the command line, does what it says, and turns every way to fail into one line and an exit code.</summary>
/// <param name="make">Makes one run.</param>
/// <param name="digestsElsewhere">Makes runs in a second process.</param>
/// <param name="output">Where results go.</param>
/// <param name="errors">Where errors and progress go.</param>
/// <param name="stop">Whether a person has had enough.</param>
internal sealed class CommandLine(
    Func<RunOptions, RunResult> make, Func<IReadOnlyList<string>, CancellationToken, IReadOnlyList<string>> digestsElsewhere, TextWriter output, TextWriter errors,
    StopRequest stop)
{
    private const string Name = "raftmq-simulator";

    private readonly SimulationOptions _options = new();

    /// <summary>Carries a command line out.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public int Run(string[] args)
    {
        try
        {
            ParseResult parsed = Build().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            bool onlyHelps = parsed.Action is HelpAction or { ClearsParseErrors: true };
            if (parsed.Errors.Count > 0 && !onlyHelps)
            {
                throw new BadArgumentsException($"{WhatIsWrong(parsed)}; see --help");
            }

            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output, Error = errors });
        }
        catch (BadArgumentsException wrong)
        {
            errors.WriteLine($"{Name}: {wrong.Message}");
            return ExitCode.BadArguments;
        }
    }

    private RootCommand Build()
    {
        var root = new RootCommand(
            "Runs the production code in a made-up world, once for every seed, and checks every step. Exit codes: 0 all held, 1 something failed, "
            + "2 wrong arguments, 130 interrupted.");
        foreach (Option option in _options.All)
        {
            root.Add(option);
        }

        root.SetAction(Simulate);
        return root;
    }

    private int Simulate(ParseResult parsed)
    {
        bool traces = parsed.GetValue(_options.Trace);
        bool shrinks = parsed.GetValue(_options.Shrink);
        if (!traces && !shrinks)
        {
            return new SimulateAction(make, digestsElsewhere, output, errors, stop, _options).Run(parsed);
        }

        string asked = traces ? "--trace" : "--shrink";
        ulong seed = parsed.GetValue(_options.Seed) ?? throw new BadArgumentsException($"{asked} looks at one run: say which with --seed; see --help");
        if (traces && shrinks)
        {
            throw new BadArgumentsException("--trace and --shrink do not go together: shrink first, then trace what it found; see --help");
        }

        RunOptions options = _options.Shared(parsed) with { Seed = seed };
        return traces ? TraceAction.Run(make, options, output) : ShrinkAction.Run(make, options, output, stop.Token);
    }

    private static string WhatIsWrong(ParseResult parsed) => parsed.UnmatchedTokens.Count > 0
        ? $"\"{parsed.UnmatchedTokens[0]}\" is none of the options"
        : parsed.Errors[0].Message.TrimEnd('.');
}
