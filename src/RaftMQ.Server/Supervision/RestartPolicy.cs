using RaftMQ.Contracts;

namespace RaftMQ.Server.Supervision;

/// <summary>
/// When a node that ended is started again: after a second; after 2, 4, … up to 30 if it keeps ending; not at all if its exit code says that a person is needed.
/// </summary>
internal sealed class RestartPolicy
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);

    private TimeSpan _next = First;

    /// <summary>How long to wait before the next start, or null for never.</summary>
    /// <param name="exitCode">How it ended.</param>
    /// <param name="ranFor">How long it had run.</param>
    public TimeSpan? After(int exitCode, TimeSpan ranFor)
    {
        if (ExitCode.Find(exitCode) is { NeedsPerson: true })
        {
            return null;
        }

        if (ranFor >= Steady)
        {
            _next = First;
        }

        TimeSpan wait = _next;
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return wait;
    }
}
