using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// Every reply against the plain queue's at its index, and its index against what was known before. A command stands behind everything that had ended when it was
/// sent; a read may be of the same state as what had ended.
/// </summary>
internal static class RepliesInLogOrder
{
    public static Finding? Judge(Evidence evidence, RealTime realTime)
    {
        var claimed = new HashSet<ulong>();
        foreach (Operation operation in evidence.History.Operations.Where(operation => operation.Ending == Ending.Replied))
        {
            Operation? earlier = realTime.HighestBefore(operation.InvokedAt);
            Finding? finding = IsRead(operation) ? JudgeRead(evidence.Replay, operation, earlier) : JudgeCommand(evidence.Replay, operation, earlier);
            if (finding is not null)
            {
                return finding;
            }

            bool hasOwnCommand = !IsRead(operation) && string.IsNullOrEmpty(operation.Key);
            if (hasOwnCommand && !claimed.Add(operation.Index))
            {
                return new Finding("I13", $"two requests without a key were answered with the same command's index: {InWords.Of(operation)}");
            }
        }

        return null;
    }

    /// <summary>A pop without a key that finds nothing writes no entry, or one that changes nothing: it is judged as a read.</summary>
    private static bool IsRead(Operation operation) =>
        operation.Kind == OperationKind.Topics
        || (operation.Kind == OperationKind.Pop && string.IsNullOrEmpty(operation.Key) && operation.Outcome is QueueOutcome.Empty or QueueOutcome.NoSuchTopic);

    private static Finding? JudgeRead(Replay replay, Operation operation, Operation? earlier)
    {
        if (earlier is not null && earlier.Index > operation.Index)
        {
            return new Finding("I13", $"a stale read: {InWords.Of(operation)}; before it this had ended: {InWords.Of(earlier)}");
        }

        if (operation.Kind == OperationKind.Topics)
        {
            int count = replay.TopicCountAt(operation.Index);
            bool isRight = operation.Topics is { } topics && topics.SequenceEqual(replay.Topics.Take(count));
            return isRight ? null : new Finding("I13", $"{InWords.Of(operation)}; at this index there were [{string.Join(", ", replay.Topics.Take(count))}]");
        }

        int? messages = replay.CountAt(operation.Topic, operation.Index);
        QueueOutcome expected = messages is null ? QueueOutcome.NoSuchTopic : messages == 0 ? QueueOutcome.Empty : QueueOutcome.Done;
        return operation.Outcome == expected ? null
            : new Finding("I13", $"{InWords.Of(operation)}; at this index the topic {(messages is null ? "did not exist" : $"held {messages}")}");
    }

    private static Finding? JudgeCommand(Replay replay, Operation operation, Operation? earlier)
    {
        int position = replay.PositionOf(operation.Index);
        if (position < 0)
        {
            return new Finding("I13", $"{InWords.Of(operation)}; no command is committed there");
        }

        LoggedCommand command = replay.Commands[position];
        if (command.Request != RequestIdentity.Of(operation))
        {
            return new Finding("I13", $"{InWords.Of(operation)}; '{command.Request}' is committed there");
        }

        PlainReply reply = replay.Replies[position];
        if (reply.Index != operation.Index)
        {
            return new Finding("I18", $"{InWords.Of(operation)}; what stands there repeats what was carried out at {reply.Index}, whose result it should get");
        }

        if (reply.Outcome != operation.Outcome || reply.Taken != operation.Taken)
        {
            return new Finding("I13", $"{InWords.Of(operation)}; a queue that is given the log answers {reply.Outcome} {reply.Taken}");
        }

        // The attempt's own entry, whose index it was not told if it is a repetition, is one that was answered with this result; the last of them is the best candidate.
        ulong last = replay.LastAnswered(position);
        bool isInTime = earlier is null || earlier.Index < last;
        string invariant = last == operation.Index ? "I13" : "I18";
        return isInTime ? null
            : new Finding(invariant, $"{InWords.Of(operation)}; the last command with this result is at {last}, but before it this had ended: {InWords.Of(earlier!)}");
    }
}
