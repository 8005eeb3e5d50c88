namespace RaftMQ.Cluster.Tests;

/// <summary>
/// Which node a client asks next: each time another one; or, with a beat, its own for as long as that serves it, and then another one for a while. It comes back, since else all clients would in
/// time be those of the node that was struck least.
/// </summary>
/// <param name="nodes">Among whom.</param>
/// <param name="own">Which is its own.</param>
/// <param name="beat">How fast it asks, or null for as fast as it can.</param>
internal sealed class Turns(IReadOnlyList<Node> nodes, int own, Beat? beat)
{
    /// <summary>After how many requests that another node has served it comes back.</summary>
    private const int Away = 50;

    private int _passed;
    private int _servedAway;

    public async Task<Answer> AskAsync(Func<Node, Task<Answer>> request)
    {
        Node node = nodes[(own + _passed) % nodes.Count];
        if (beat is null)
        {
            _passed++;
            return await request(node);
        }

        bool isServed = false;
        await beat.TurnAsync();
        try
        {
            Answer answer = await request(node);
            isServed = answer.IsDone || answer.Reason == "empty";
            return answer;
        }
        finally
        {
            _servedAway = isServed && _passed > 0 ? _servedAway + 1 : 0;
            _passed = _servedAway == Away ? 0 : isServed ? _passed : _passed + 1;
        }
    }
}
