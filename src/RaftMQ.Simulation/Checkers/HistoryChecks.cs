using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

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

    /// <summary>Judges a history by every check, and says what each of them found.</summary>
    /// <param name="history">What clients saw, and what was committed.</param>
    /// <param name="budget">The most steps that the independent check takes for a topic.</param>
    public static Judgement Judge(History history, long budget = WglCheck.DefaultBudget)
    {
        var evidence = new Evidence(history);
        MessageAccount account = MessageAccount.Of(evidence);
        IReadOnlyList<WglVerdict> verdicts = WglCheck.Judge(evidence, budget);
        WglVerdict? wrong = verdicts.FirstOrDefault(verdict => verdict.Outcome == WglOutcome.NotLinearizable)
            ?? verdicts.FirstOrDefault(verdict => verdict.Outcome == WglOutcome.Unknown && evidence.Flaw is null);
        (HistoryCheck Check, Finding? Finding)[] said =
        [
            (HistoryCheck.LogOrder, LogOrderCheck.Judge(evidence)),
            (HistoryCheck.Account, account.Finding),
            (HistoryCheck.Fifo, FifoCheck.Judge(evidence)),
            (HistoryCheck.Wgl, wrong is null ? null : new Finding("I13", wrong.Explanation)),
        ];
        return new Judgement(
            [.. said.Where(check => check.Finding is not null).Select(check => (check.Check, check.Finding!))],
            account.Sent,
            JudgedApart: verdicts.Count(verdict => verdict is { Outcome: WglOutcome.Linearizable or WglOutcome.NotLinearizable, Publishes: > 0 }),
            TooLarge: verdicts.Count(verdict => verdict.Outcome == WglOutcome.TooLarge));
    }
}
