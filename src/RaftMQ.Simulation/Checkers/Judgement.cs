using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>The checks of a finished run.</summary>
public enum HistoryCheck
{
    /// <summary><see cref="LogOrderCheck"/>.</summary>
    LogOrder,

    /// <summary><see cref="MessageAccount"/>.</summary>
    Account,

    /// <summary><see cref="FifoCheck"/>.</summary>
    Fifo,

    /// <summary><see cref="WglCheck"/>.</summary>
    Wgl,
}

/// <summary>What all checks together came to.</summary>
/// <param name="Findings">What each check that refuses the history found first; empty if nothing is wrong.</param>
/// <param name="Messages">Messages accounted for.</param>
/// <param name="JudgedApart">Topics with at least one publish that the independent check has judged as well.</param>
/// <param name="TooLarge">Topics that had too many operations, or too many at the same time, for it.</param>
public sealed record Judgement(IReadOnlyList<(HistoryCheck Check, Finding Finding)> Findings, long Messages, int JudgedApart, int TooLarge)
{
    /// <summary>The first finding, with the names of all checks that refuse the history, or null. One check alone may mean a defect of the others.</summary>
    public Finding? Finding =>
        Findings.Count == 0 ? null
        : new Finding(Findings[0].Finding.Invariant, $"{Findings[0].Finding.Message} (refused by {string.Join(", ", Findings.Select(found => found.Check))})");
}
