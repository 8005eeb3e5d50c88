using System.IO.Hashing;

namespace RaftMQ.Queues.State;

/// <summary>Looks names up by their bytes, without making a string of them, with a hash that is the same in every process.</summary>
internal sealed class ByNameBytes : IEqualityComparer<ReadOnlyMemory<byte>>
{
    public static readonly ByNameBytes Instance = new();

    public bool Equals(ReadOnlyMemory<byte> a, ReadOnlyMemory<byte> b) => a.Span.SequenceEqual(b.Span);

    public int GetHashCode(ReadOnlyMemory<byte> name) => (int)XxHash3.HashToUInt64(name.Span);
}
