using System.IO.Hashing;

namespace RaftMQ.Queues;

/// <summary>
/// Where a message's body stands: in the entry of the log that brought it. The machine keeps this instead of the body, so that a backlog costs a few words a message whatever
/// the size of the bodies. The reference is the same on every node; where the entry's bytes lie is each node's own business.
/// </summary>
/// <param name="Index">The entry's log index; 0 if there is no body.</param>
/// <param name="Hash">The body's XXH3, so that whoever reads it back knows that it is the right one.</param>
/// <param name="Offset">Where it begins in the entry's payload, in bytes.</param>
/// <param name="Length">Its length in bytes; may be 0.</param>
public readonly record struct BodyReference(ulong Index, ulong Hash, int Offset, int Length)
{
    /// <summary>Whether there is no body: the reply is not that of a pop that took something.</summary>
    public bool IsNone => Index == 0;

    /// <summary>The body, taken out of its entry's payload.</summary>
    /// <exception cref="InvalidOperationException">It is not the payload that this refers to.</exception>
    public ReadOnlyMemory<byte> In(ReadOnlyMemory<byte> payload)
    {
        Invariant.Require(Offset >= 0 && Length >= 0 && Length <= payload.Length - Offset, "a body lies within its entry");
        ReadOnlyMemory<byte> body = payload.Slice(Offset, Length);
        Invariant.Require(HashOf(body.Span) == Hash, "what is read back is the body that was published");
        return body;
    }

    internal static BodyReference To(ReadOnlySpan<byte> body, int offset, ulong index) => new(index, HashOf(body), offset, body.Length);

    private static ulong HashOf(ReadOnlySpan<byte> body) => XxHash3.HashToUInt64(body);
}
