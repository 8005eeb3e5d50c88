using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>What all checks together came to.</summary>
/// <param name="Finding">The first thing that was wrong, or null.</param>
/// <param name="Messages">Messages accounted for.</param>
/// <param name="JudgedApart">Topics that the independent check has judged as well.</param>
/// <param name="TooLarge">Topics that had too many operations, or too many at the same time, for it.</param>
/// <param name="Undecided">Topics on which it has spent its budget without a verdict.</param>
public readonly record struct Judgement(Finding? Finding, long Messages, int JudgedApart, int TooLarge, int Undecided);

/// <summary>The one door to the checks of a finished run.</summary>
public static class HistoryChecks
{
    /// <summary>Judges a history by every check: the order of the log, the account of the messages, first in first out, and, for topics small enough, independently.</summary>
    /// <param name="history">What clients saw, and what was committed.</param>
    /// <param name="messages">Messages accounted for.</param>
    /// <returns>The first thing that is wrong, or null.</returns>
    public static Finding? Judge(History history, out long messages)
    {
        Judgement judgement = Judge(history);
        messages = judgement.Messages;
        return judgement.Finding;
    }

    /// <summary>Judges a history by every check.</summary>
    /// <param name="history">What clients saw, and what was committed.</param>
    /// <param name="budget">The most steps that the independent check takes for a topic.</param>
    public static Judgement Judge(History history, long budget = WglCheck.DefaultBudget)
    {
        var evidence = new Evidence(history);
        MessageAccount account = MessageAccount.Of(evidence);
        Finding? finding = LogOrderCheck.Judge(evidence) ?? account.Finding ?? FifoCheck.Judge(evidence);
        if (finding is not null)
        {
            return new Judgement(finding, account.Sent, 0, 0, 0);
        }

        IReadOnlyList<WglVerdict> verdicts = WglCheck.Judge(evidence, budget);
        WglVerdict? wrong = verdicts.FirstOrDefault(verdict => verdict.Outcome == WglOutcome.NotLinearizable);
        return new Judgement(
            wrong is null ? null : new Finding("I13", wrong.Explanation),
            account.Sent,
            verdicts.Count(verdict => verdict.Outcome != WglOutcome.Unknown),
            verdicts.Count(verdict => verdict is { Outcome: WglOutcome.Unknown, Steps: 0 }),
            verdicts.Count(verdict => verdict is { Outcome: WglOutcome.Unknown, Steps: > 0 }));
    }
}
