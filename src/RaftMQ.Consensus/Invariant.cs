using System.Diagnostics.CodeAnalysis;

namespace RaftMQ.Consensus;

/// <summary>What must always hold, checked in release builds too: a replica that has broken its own rules stops rather than spread the damage.</summary>
public static class Invariant
{
    /// <summary>Throws <see cref="InvariantViolatedException"/> if <paramref name="condition"/> does not hold. Nobody catches it but the process, which ends.</summary>
    /// <param name="condition">One fact, stated positively.</param>
    /// <param name="message">The fact as a sentence.</param>
    public static void Require([DoesNotReturnIf(false)] bool condition, string message)
    {
        if (!condition)
        {
            Fail(message);
        }
    }

    [DoesNotReturn]
    private static void Fail(string message) => throw new InvariantViolatedException(message);
}

/// <summary>A defect of RaftMQ itself: something that must always hold did not.</summary>
public sealed class InvariantViolatedException(string message) : Exception("Invariant violated: " + message);
