using RaftMQ.Contracts;

namespace RaftMQ.Server.Commands;

/// <summary>A command cannot go on, and a person is told why: one line on standard error, and an exit code of the documented list.</summary>
/// <param name="exitCode">How the process ends.</param>
/// <param name="message">What happened, why, and what to do; one line, without the leading <c>raftmq:</c>.</param>
internal sealed class CommandFailedException(ExitCode exitCode, string message) : Exception(message)
{
    public ExitCode ExitCode { get; } = exitCode;
}
