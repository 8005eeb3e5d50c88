namespace RaftMQ.Simulator.Commands;

/// <summary>How the program ends.</summary>
internal static class ExitCode
{
    /// <summary>Every run held, and what else was asked for.</summary>
    public const int Held = 0;

    /// <summary>A run failed, two processes differed, or, where floors are judged, one was missed.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong, or a file that it names cannot be used.</summary>
    public const int BadArguments = 2;

    /// <summary>Interrupted before all runs were made, and nothing had failed so far: not a pass. 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
