using System.Collections.Concurrent;

namespace RaftMQ.Cluster.Tests;

/// <summary>
/// Clients that publish messages of their own to whatever node is up, some with a key that they retry until they are told, others that pop, and the account of it: every
/// acknowledged message is popped exactly once, every refused one never, those of unknown outcome at most once.
/// </summary>
internal sealed class Accounting(ServeCluster cluster, string topic)
{
    private readonly ConcurrentDictionary<string, string> _fates = [];
    private readonly ConcurrentBag<string> _popped = [];
    private readonly ConcurrentDictionary<string, bool> _unanswered = [];
    private int _last;

    public int Popped => _popped.Count;

    public int Acknowledged => _fates.Count(fate => fate.Value == "acknowledged");

    /// <summary>Publishes until told to stop.</summary>
    public Task RunAsync(int clients, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(
        async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                string message = $"message-{Interlocked.Increment(ref _last)}";
                bool keyed = client % 2 == 0;
                _fates[message] = keyed ? await PublishWithKeyAsync(message, client + i) : await PublishOnceAsync(message, client + i);
            }
        },
        CancellationToken.None)));

    /// <summary>Pops until told to stop, each pop with a key that is asked again, on whatever node, until it has handed out a message.</summary>
    public Task ConsumeAsync(int consumers, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, consumers).Select(consumer => Task.Run(
        async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                await PopWithKeyAsync($"pop-{consumer}-{i}", consumer + i, stop);
            }
        },
        CancellationToken.None)));

    /// <summary>Pops everything that is left and compares.</summary>
    public async Task SettleAsync()
    {
        // What these keys popped in answers that never came is theirs to this day.
        foreach (string key in _unanswered.Keys)
        {
            if ((await cluster.Running.First().PopAsync(topic, key)).Message is { } message)
            {
                _popped.Add(message);
            }
        }

        List<string> popped = [.. _popped];
        while (true)
        {
            Answer answer = await cluster.Running.First().PopAsync(topic);
            if (answer.Message is { } message)
            {
                popped.Add(message);
                continue;
            }

            answer.Reason.ShouldBe("empty", answer.Body);
            break;
        }

        popped.GroupBy(message => message).Where(group => group.Count() > 1).Select(group => group.Key).ShouldBeEmpty("popped twice");
        popped.Where(message => _fates.GetValueOrDefault(message, "from nowhere") is not ("acknowledged" or "unknown")).ShouldBeEmpty("refused, or from nowhere");
        _fates.Where(fate => fate.Value == "acknowledged").Select(fate => fate.Key).Except(popped).ShouldBeEmpty("acknowledged and lost");
    }

    private async Task<string> PublishOnceAsync(string message, int spread)
    {
        try
        {
            Answer answer = await AnyNode(spread).PublishAsync(topic, message);
            return answer.IsDone ? "acknowledged" : answer.MayHaveHappened ? "unknown" : "refused";
        }
        catch (HttpRequestException gone) when (gone.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return "refused";
        }
        catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
        {
            return "unknown";
        }
    }

    /// <summary>With a key a client may ask until it knows, on whatever node.</summary>
    private async Task<string> PublishWithKeyAsync(string message, int spread)
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                if ((await AnyNode(spread + attempt).PublishAsync(topic, message, key: message)).IsDone)
                {
                    return "acknowledged";
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
            {
                // Asked again below.
            }
        }

        return "unknown";
    }

    private async Task PopWithKeyAsync(string key, int spread, CancellationToken stop)
    {
        for (int attempt = 0; !stop.IsCancellationRequested; attempt++)
        {
            _unanswered[key] = true;
            try
            {
                if ((await AnyNode(spread + attempt).PopAsync(topic, key)).Message is { } message)
                {
                    _popped.Add(message);
                    _unanswered.TryRemove(key, out _);
                    return;
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
            {
                // Asked again: the key stays unanswered until its message is here.
            }
        }
    }

    private Node AnyNode(int spread) => cluster.Nodes[spread % cluster.Nodes.Count];
}
