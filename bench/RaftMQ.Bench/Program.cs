using System.CommandLine;
using RaftMQ.Bench;
using RaftMQ.Bench.Commands;

var root = new RootCommand("Measures RaftMQ on this machine, beside the disk and the HTTP round trip of the same run. Loopback only.")
{
    HttpCommand.Build(),
    CoreCommand.Build(),
    LinksCommand.Build(),
    FailoverCommand.Build(),
    StartCommand.Build(),
    BacklogCommand.Build(),
    SteadyCommand.Build(),
    RestartCommand.Build(),
    CatchUpCommand.Build(),
    EchoCommand.Build(),
};

Interruption.Listen();
try
{
    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    return await root.Parse(args).InvokeAsync(configuration);
}
catch (BenchFailedException failure) when (!Interruption.HasHappened)
{
    await Console.Error.WriteLineAsync($"bench: {failure.Message}");
    return 1;
}
catch (Exception) when (Interruption.HasHappened)
{
    // Nodes and folders went away under the command, as they were meant to.
    return 1;
}
finally
{
    Interruption.UndoAll();
}
