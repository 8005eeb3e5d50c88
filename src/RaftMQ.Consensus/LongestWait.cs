namespace RaftMQ.Consensus;

/// <summary>The longest of many waits within the last while: a window that is under way and the one before it, so that the longest is forgotten after one to two windows.</summary>
/// <param name="before">What is taken for the longest wait of the window before the first.</param>
internal sealed class LongestWait(int before)
{
    private int _before = before;
    private int _now;

    /// <summary>The longest wait of both windows.</summary>
    public int Ticks => Math.Max(_before, _now);

    /// <summary>A wait has come to its end.</summary>
    public void Note(int ticks) => _now = Math.Max(_now, ticks);

    /// <summary>Another window begins.</summary>
    public void BeginWindow() => (_before, _now) = (_now, 0);
}
