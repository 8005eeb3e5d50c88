namespace RaftMQ.Simulator.Commands;

/// <summary>The command line does not say what to do: one line on standard error, and exit code 2.</summary>
/// <param name="message">What is wrong and what to write instead, without the program's name.</param>
internal sealed class BadArgumentsException(string message) : Exception(message);
