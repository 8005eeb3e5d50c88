using System.Diagnostics;

namespace RaftMQ.Simulator.Runs;

/// <summary>This program once more, as a process of its own.</summary>
internal static class SecondProcess
{
    /// <summary>Runs it and gives the lines that it printed; one that failed printed fewer than were asked for.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="stop">Ends it.</param>
    public static IReadOnlyList<string> LinesOf(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("the system does not say which program this is");
        bool isHosted = Path.GetFileNameWithoutExtension(program) == "dotnet";
        string[] all = isHosted ? [Environment.GetCommandLineArgs()[0], .. arguments] : [.. arguments];
        using Process process = Process.Start(new ProcessStartInfo(program, all) { RedirectStandardOutput = true })!;
        using CancellationTokenRegistration registration = stop.Register(process.Kill);
        var lines = new List<string>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        process.WaitForExit();
        return lines;
    }
}
