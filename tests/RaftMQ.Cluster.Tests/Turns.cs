namespace RaftMQ.Cluster.Tests;

/// <summary>
/// Which node a client asks next: each time another one; or, with a beat, its own for as long as that serves it, and then another one for a while. It comes back, since else all clients would in
/// time be those of the node that was struck least. It goes on elsewhere, too, when its node says that it is about to stop: who only dials again may be in the listener's queue as it closes.
/// </summary>
/// <param name="nodes">Among whom.</param>
/// <param name="own">Which is its own.</param>
/// <param name="beat">How fast it asks, or null for as fast as it can.</param>
/// <param name="failures">What becomes of the requests of all clients.</param>
/// <param name="mayAsk">Whether a node may be asked; one always may.</param>
internal sealed class Turns(IReadOnlyList<Node> nodes, int own, Beat? beat, Failures failures, Func<Node, bool> mayAsk)
{
    /// <summary>After how many requests that another node has served it comes back.</summary>
    private const int Away = 50;

    private int _passed;
    private int _servedAway;

    public async Task<Answer> AskAsync(Func<Node, Task<Answer>> request)
    {
        if (beat is null)
        {
            return await failures.AskAsync(Next(_passed++), request);
        }

        bool isServed = false;
        await beat.TurnAsync();
        try
        {
            Answer answer = await failures.AskAsync(Next(_passed), request);
            isServed = answer is { IsServed: true, IsLast: false };
            return answer;
        }
        finally
        {
            _servedAway = isServed && _passed > 0 ? _servedAway + 1 : 0;
            _passed = _servedAway == Away ? 0 : isServed ? _passed : _passed + 1;
        }
    }

    private Node Next(int passed) => Enumerable.Range(own + passed, nodes.Count).Select(place => nodes[place % nodes.Count]).First(mayAsk);
}
