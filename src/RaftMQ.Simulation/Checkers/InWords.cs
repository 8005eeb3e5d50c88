using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>Operations as a finding tells them.</summary>
internal static class InWords
{
    public static string Of(Operation operation)
    {
        string end = operation.EndedAt == long.MaxValue ? string.Empty : operation.EndedAt.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return $"#{operation.Number} of client {operation.Client} [{operation.InvokedAt}..{end}] {RequestIdentity.Of(operation)}: {Result(operation)}";
    }

    private static string Result(Operation operation)
    {
        if (operation.Ending != Ending.Replied)
        {
            return operation.Ending.ToString();
        }

        string what = operation.Outcome == QueueOutcome.Done && operation.Taken is not null ? operation.Taken : operation.Outcome.ToString();
        return operation.Topics is { } topics ? $"[{string.Join(", ", topics)}] @{operation.Index}" : $"{what} @{operation.Index}";
    }
}
