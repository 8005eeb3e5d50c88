using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>Who got which message: one request each, the same to all its attempts.</summary>
internal static class HandOuts
{
    /// <param name="evidence">The history.</param>
    /// <param name="storedTimes">How often the log stores a message.</param>
    public static Finding? Judge(Evidence evidence, Func<string, int> storedTimes)
    {
        var holders = new Dictionary<string, (Operation First, int Count)>();
        foreach (Request pop in evidence.Requests.Where(request => request.Identity.Kind == OperationKind.Pop))
        {
            if (Repetitions(evidence.Replay, pop) is { } finding)
            {
                return finding;
            }

            foreach (Operation told in pop.FirstDone is null ? [] : pop.Attempts.Where(Request.IsDone).DistinctBy(attempt => attempt.Taken))
            {
                string body = told.Taken ?? string.Empty;
                bool isSent = evidence.PublishOf(body) is { } publish && publish.Identity.Topic == told.Topic;
                if (!isSent)
                {
                    return new Finding("I14", $"a message that nobody sent there was handed out: {InWords.Of(told)}");
                }

                (Operation first, int count) = holders.GetValueOrDefault(body, (told, 0));
                holders[body] = (first, count + 1);
                if (count + 1 > storedTimes(body) - evidence.Replay.DropsOf(body).Count)
                {
                    string what = count == 0 ? "was handed out and never stored, or dropped" : $"was handed to two requests, first by {InWords.Of(first)}, then";
                    return new Finding("I14", $"message {body} {what}: {InWords.Of(told)}");
                }
            }
        }

        foreach (IGrouping<string, string> left in evidence.History.Remaining.Select(message => message.Body).GroupBy(body => body))
        {
            if (holders.TryGetValue(left.Key, out (Operation First, int Count) holder) && left.Count() + holder.Count > storedTimes(left.Key))
            {
                return new Finding("I14", $"message {left.Key} was handed out and is still there at the end: {InWords.Of(holder.First)}");
            }
        }

        return null;
    }

    /// <summary>What one key brought, all repetitions bring (I18), until the window is over; then the log carries it out once more.</summary>
    private static Finding? Repetitions(Replay replay, Request pop)
    {
        if (pop.FirstDone is not { } first)
        {
            return null;
        }

        foreach (Operation repetition in pop.Attempts.Where(attempt => Request.IsDone(attempt) && attempt != first))
        {
            bool isSame = repetition.Taken == first.Taken && repetition.Index == first.Index;
            int position = replay.PositionOf(repetition.Index);
            bool isCarriedOutAgain = position >= 0 && replay.Replies[position] == new PlainReply(QueueOutcome.Done, repetition.Taken, repetition.Index);
            if (!isSame && !isCarriedOutAgain)
            {
                return new Finding("I18", $"two attempts with one key got different results: {InWords.Of(first)} and {InWords.Of(repetition)}");
            }
        }

        return null;
    }
}
