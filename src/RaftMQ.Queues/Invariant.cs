using System.Diagnostics.CodeAnalysis;

namespace RaftMQ.Queues;

/// <summary>What must always hold in the machine, checked in release builds too. The room knows no other, so it has its own.</summary>
internal static class Invariant
{
    public static void Require([DoesNotReturnIf(false)] bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException("Invariant violated: " + message);
        }
    }
}
