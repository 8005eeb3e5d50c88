using System.Collections.Concurrent;
using System.Globalization;

namespace RaftMQ.Cluster.Tests;

/// <summary>A request that was not carried out, for all that its client knows.</summary>
/// <param name="Node">Who was asked.</param>
/// <param name="Reason">What it said, or what became of the connection.</param>
/// <param name="IsUnknown">Whether it may have been carried out nevertheless.</param>
internal sealed record Failure(int Node, string Reason, bool IsUnknown);

/// <summary>
/// The single requests of all clients that failed, publishes and pops, also those that are asked again. A connection that nobody takes is none of them: the client knows at once that nothing was done,
/// and asks elsewhere.
/// </summary>
internal sealed class Failures
{
    private readonly ConcurrentQueue<Failure> _all = [];
    private readonly ConcurrentDictionary<TaskCompletionSource, Node> _underWay = [];

    /// <summary>Those up to now, in the order in which clients were told.</summary>
    public IReadOnlyList<Failure> All => [.. _all];

    /// <summary>How many answers gave this reason.</summary>
    public int For(string reason) => _all.Count(failure => failure.Reason == reason);

    /// <summary>Sends a request to a node, and looks at what becomes of it.</summary>
    public async Task<Answer> AskAsync(Node node, Func<Node, Task<Answer>> request)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _underWay[ended] = node;
        try
        {
            Answer answer = await request(node);
            if (!answer.IsServed)
            {
                _all.Enqueue(new Failure(node.Id, answer.Reason ?? ((int)answer.Status).ToString(CultureInfo.InvariantCulture), answer.MayHaveHappened));
            }

            return answer;
        }
        catch (Exception gone) when (gone is HttpRequestException { HttpRequestError: not HttpRequestError.ConnectionError } or OperationCanceledException or IOException)
        {
            _all.Enqueue(new Failure(node.Id, gone is OperationCanceledException ? "no answer" : "connection lost", IsUnknown: true));
            throw;
        }
        finally
        {
            _underWay.TryRemove(ended, out _);
            ended.SetResult();
        }
    }

    /// <summary>Waits until everything is answered, or given up, that is under way now.</summary>
    /// <param name="at">At which node; null for all.</param>
    public Task UntilAnsweredAsync(Node? at = null) => Task.WhenAll(_underWay.Where(request => at is null || request.Value == at).Select(request => request.Key.Task));
}
