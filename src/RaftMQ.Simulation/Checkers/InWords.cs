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

    /// <summary>A policy, or a change of one, as stories write it.</summary>
    public static string Of(TopicPolicyChange policy)
    {
        string messages = policy.MaxMessages is { } count ? $"messages={count} " : string.Empty;
        string bytes = policy.MaxBytes is { } size ? $"bytes={size} " : string.Empty;
        string overflow = policy.Overflow switch { null => string.Empty, Overflow.Reject => "reject", _ => "drop-oldest" };
        return (messages + bytes + overflow).TrimEnd();
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
