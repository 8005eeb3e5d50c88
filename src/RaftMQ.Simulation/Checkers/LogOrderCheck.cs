using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// The main check, O(n log n): every reply names its log index, which makes the order of the log the order to be verified (TigerBeetle's Jepsen test works this way).
/// Indexes must respect real time, and every reply must be what a plain queue answers at its index when it is given the committed commands in order.
/// Invariants I13, I14 and I18.
/// </summary>
public static class LogOrderCheck
{
    /// <summary>Judges a history.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static Finding? Judge(History history) => Judge(new Evidence(history));

    internal static Finding? Judge(Evidence evidence)
    {
        var realTime = new RealTime(evidence.History.Operations);
        return evidence.Flaw ?? CommandsHaveAttempts(evidence) ?? CommandsFollowTheirRequests(evidence, realTime) ?? RepliesInLogOrder.Judge(evidence, realTime);
    }

    /// <summary>
    /// For commands that do not tell their request: there are no more of them than attempts that may have happened. Which of two such attempts a command is, and so
    /// whether one that was refused for certain has happened in place of another, cannot be told.
    /// </summary>
    private static Finding? CommandsHaveAttempts(Evidence evidence)
    {
        var left = new Dictionary<RequestIdentity, int>();
        foreach (Request request in evidence.Requests)
        {
            left[request.Identity] = left.GetValueOrDefault(request.Identity) + request.PossibleCount;
        }

        foreach (LoggedCommand command in evidence.Replay.Commands)
        {
            bool isCounted = command.Request.Kind != default && command.Request.Key is null;
            if (!isCounted)
            {
                continue;
            }

            left[command.Request] = left.GetValueOrDefault(command.Request) - 1;
            if (left[command.Request] < 0)
            {
                return new Finding("I14", $"the log has '{command.Request}' at {command.Index} once more than attempts at it may have happened");
            }
        }

        return null;
    }

    /// <summary>A command that tells its request: somebody asked for it, was not told that it was refused for certain, and had asked before the log came so far.</summary>
    private static Finding? CommandsFollowTheirRequests(Evidence evidence, RealTime realTime)
    {
        foreach (LoggedCommand command in evidence.Replay.Commands)
        {
            if (!command.Request.IsTold || command.Request.Kind == default)
            {
                continue;
            }

            if (evidence.RequestOf(command) is not { } request)
            {
                return new Finding("I14", $"the log has '{command.Request}' at {command.Index}, which nobody asked for");
            }

            if (request.PossibleCount == 0)
            {
                return new Finding("I14", $"the log has '{command.Request}' at {command.Index}, which was refused for certain: {InWords.Of(request.Attempts[^1])}");
            }

            if (realTime.HighestBefore(request.BeginsAt) is { } earlier && earlier.Index >= command.Index)
            {
                return new Finding("I13", $"'{command.Request}' stands at {command.Index}, but before it was first asked for at {request.BeginsAt} this had ended: {InWords.Of(earlier)}");
            }
        }

        return null;
    }
}
