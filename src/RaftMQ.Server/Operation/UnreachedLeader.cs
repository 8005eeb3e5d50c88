using System.Diagnostics;

namespace RaftMQ.Server.Operation;

/// <summary>A leader that others name and that cannot be asked: it has just died, and they are about to elect another, or its client address is wrong.</summary>
internal sealed class UnreachedLeader
{
    /// <summary>Longer than a leader is named that has died; elections at their usual pace take a tenth of it.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);

    private (uint? Leader, ulong Term) _which;
    private long _since;

    /// <summary>Whether the same leader has been named for longer than a dead one is.</summary>
    public bool IsGivenUp(ClusterSearch.Found found)
    {
        (uint? Leader, ulong Term) now = found.Unreached is null ? default : (found.Report.Leader, found.Report.Term);
        if (now == default || now != _which)
        {
            (_which, _since) = (now, Stopwatch.GetTimestamp());
            return false;
        }

        return Stopwatch.GetElapsedTime(_since) > Least + TimeSpan.FromMilliseconds(2.0 * found.Report.ElectionTimeoutMs);
    }
}
