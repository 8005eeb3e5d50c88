namespace RaftMQ.Simulation.Traces;

/// <summary>
/// Everything that happens in a run, in order: always as a hash, so that two runs can be compared, and the last of it kept for a failure; as text only on demand,
/// since formatting would cost more than the run itself.
/// </summary>
internal sealed class Trace(Action<string>? sink)
{
    private const int Kept = 60;

    private readonly TraceFact[] _last = new TraceFact[Kept];
    private Digest _digest = new();
    private long _count;

    /// <summary>Equal for two runs in which the same happened at the same times.</summary>
    public ulong Hash => _digest.Value;

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
        _digest.Add((ulong)at ^ ((ulong)node << 48) ^ ((ulong)kind << 56));
        _digest.Add((ulong)a);
        _digest.Add((ulong)b);
        _digest.Add((ulong)c);
        _digest.Add((ulong)d);
        _digest.Add(text);
        ref TraceFact slot = ref _last[_count++ % Kept];
        slot = new TraceFact(at, node, kind, a, b, c, d, text);
        sink?.Invoke(slot.ToString());
    }

    /// <summary>A number that belongs to what was noted last and has no room on its line.</summary>
    public void Add(ulong number) => _digest.Add(number);

    /// <summary>A text that belongs to what was noted last and has no room on its line.</summary>
    public void Add(string? text) => _digest.Add(text);
}
