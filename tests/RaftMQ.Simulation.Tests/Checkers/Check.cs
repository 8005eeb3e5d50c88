using RaftMQ.Simulation.Checkers;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>The checks, to say which of them refuse a history.</summary>
[Flags]
public enum Check
{
    None = 0,
    LogOrder = 1 << HistoryCheck.LogOrder,
    Account = 1 << HistoryCheck.Account,
    Fifo = 1 << HistoryCheck.Fifo,
    Wgl = 1 << HistoryCheck.Wgl,
    All = LogOrder | Account | Fifo | Wgl,
}

internal static class Checks
{
    /// <summary>The checks that refuse a history, each asked by itself, and what they say.</summary>
    public static (Check Refusing, string Said) Ask(History history)
    {
        Check refusing = Check.None;
        var said = new List<string>();
        void Take(Check check, string? finding)
        {
            refusing |= finding is null ? Check.None : check;
            said.Add($"{check}: {finding ?? "nothing"}");
        }

        Take(Check.LogOrder, LogOrderCheck.Judge(history)?.Message);
        Take(Check.Account, MessageAccount.Of(history).Finding?.Message);
        Take(Check.Fifo, FifoCheck.Judge(history)?.Message);
        foreach (WglVerdict verdict in WglCheck.Judge(history))
        {
            (verdict.Outcome is (WglOutcome.Unknown or WglOutcome.TooLarge) && verdict.Topic.Length > 0).ShouldBeFalse(verdict.ToString());
            Take(Check.Wgl, verdict.Outcome == WglOutcome.NotLinearizable ? verdict.Explanation : null);
        }

        return (refusing, string.Join("\n", said));
    }

    /// <summary>The checks that refuse a history when all are asked together.</summary>
    public static Check Together(History history) =>
        HistoryChecks.Judge(history).Findings.Aggregate(Check.None, (refusing, found) => refusing | (Check)(1 << (int)found.Check));
}
