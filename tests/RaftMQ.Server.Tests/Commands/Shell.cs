using System.Diagnostics;

namespace RaftMQ.Server.Tests.Commands;

/// <summary>The program, as a shell runs it.</summary>
internal static class Shell
{
    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        return await EndAsync(process);
    }

    public static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "raftmq"), arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>What a process that was started has said by its end.</summary>
    public static async Task<(int Code, string Output, string Error)> EndAsync(Process process)
    {
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
