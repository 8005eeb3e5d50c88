using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Commands;
using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Tests;

/// <summary>The program in this process, with a stub for the world and one for the second process.</summary>
internal sealed class Session : IDisposable
{
    private readonly Func<RunOptions, RunResult> _make;
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public Session(Func<RunOptions, RunResult> make)
    {
        _make = make;
        Elsewhere = DigestsOfSameProgram;
    }

    public StopRequest Stop { get; } = new();

    public Func<IReadOnlyList<string>, IReadOnlyList<string>> Elsewhere { get; set; }

    public string Output => _output.ToString();

    public string Errors => _errors.ToString();

    public static (int ExitCode, string Output, string Errors) Run(Func<RunOptions, RunResult> make, string arguments)
    {
        using var session = new Session(make);
        return (session.Run(arguments), session.Output, session.Errors);
    }

    public int Run(string arguments) => Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    public void Dispose()
    {
        Stop.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    private int Run(string[] arguments) => new CommandLine(_make, (args, _) => Elsewhere(args), _output, _errors, Stop).Run(arguments);

    private string[] DigestsOfSameProgram(IReadOnlyList<string> arguments)
    {
        using var other = new Session(_make);
        other.Run([.. arguments]);
        return other.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
