namespace RaftMQ.Simulation.Traces;

/// <summary>
/// Everything that happens in a run, in order: always as a hash, so that two runs can be compared, and the last of it kept for a failure; as text only on demand,
/// since formatting would cost more than the run itself.
/// </summary>
internal sealed class Trace(Action<string>? sink)
{
    private const int Kept = 60;
    private const ulong Prime = 0x9E3779B97F4A7C15;

    private readonly TraceFact[] _last = new TraceFact[Kept];
    private long _count;

    /// <summary>Equal for two runs in which the same happened at the same times.</summary>
    public ulong Hash { get; private set; } = Prime;

    /// <summary>The last lines, oldest first.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            var lines = new List<string>(Kept);
            for (long i = Math.Max(0, _count - Kept); i < _count; i++)
            {
                lines.Add(_last[i % Kept].ToString());
            }

            return lines;
        }
    }

    public void Note(long at, int node, TraceKind kind, long a = 0, long b = 0, long c = 0, long d = 0, string? text = null)
    {
        ulong hash = Mix(Hash, (ulong)at ^ ((ulong)node << 48) ^ ((ulong)kind << 56));
        hash = Mix(hash, (ulong)a);
        hash = Mix(hash, (ulong)b);
        hash = Mix(hash, (ulong)c);
        Hash = Mix(hash, (ulong)d ^ ((ulong)(text?.Length ?? 0) << 48));
        ref TraceFact slot = ref _last[_count++ % Kept];
        slot = new TraceFact(at, node, kind, a, b, c, d, text);
        sink?.Invoke(slot.ToString());
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * Prime;
        return hash ^ (hash >> 29);
    }
}
