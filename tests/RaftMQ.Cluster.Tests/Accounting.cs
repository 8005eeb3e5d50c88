using System.Collections.Concurrent;
using System.Globalization;

namespace RaftMQ.Cluster.Tests;

/// <summary>
/// Clients that publish messages of their own to whatever node is up, some with a key that they retry until they are told, others that pop, and the account of it: every
/// acknowledged message is popped exactly once, whole and in the order of its producer, every refused one never, those of unknown outcome at most once.
/// </summary>
/// <param name="cluster">Where.</param>
/// <param name="topic">To which topic.</param>
/// <param name="messageBytes">How long each message is made.</param>
/// <param name="keyedPops">Whether pops have keys, so that one without an answer can be asked for again; if not, nobody may be killed.</param>
/// <param name="nodes">Which nodes the clients ask; null for all.</param>
/// <param name="beat">How fast they ask, each staying at a node until that does not serve it; null for as fast as they can, each request at the next node.</param>
internal sealed class Accounting(
    ServeCluster cluster, string topic, int messageBytes = 0, bool keyedPops = true, IReadOnlyList<Node>? nodes = null, Beat? beat = null)
{
    private const string Acked = "acknowledged";
    private const string Unknown = "unknown";
    private const string NotDone = "refused";

    private readonly IReadOnlyList<Node> _nodes = nodes ?? cluster.Nodes;
    private readonly ConcurrentDictionary<string, string> _fates = [];
    private readonly ConcurrentBag<List<string>> _consumed = [];
    private readonly List<string> _handedOut = [];
    private readonly ConcurrentDictionary<string, bool> _unanswered = [];
    private readonly ConcurrentDictionary<Node, bool> _shunned = [];
    private int _producers;
    private int _consumers;
    private int _acknowledged;
    private int _popped;
    private int _settled;

    public int Popped => _popped;

    public int Acknowledged => _acknowledged;

    /// <summary>How many publishes were refused for good.</summary>
    public int Refused => _fates.Values.Count(fate => fate == NotDone);

    /// <summary>How many publishes may or may not have happened, for all that their clients know.</summary>
    public int Unknowns => _fates.Values.Count(fate => fate == Unknown);

    /// <summary>How many messages wait, about.</summary>
    public int Backlog => _acknowledged - _popped;

    /// <summary>What became of the single requests.</summary>
    public Failures Failures { get; } = new();

    /// <summary>From now on no client asks this node: somebody has told them that it is no member yet, or soon no more.</summary>
    public async Task SendAwayAsync(Node node)
    {
        _shunned[node] = true;
        await Failures.UntilAnsweredAsync(node);
    }

    /// <summary>Clients may ask it again.</summary>
    public void LetIn(Node node) => _shunned.TryRemove(node, out _);

    /// <summary>Publishes until told to stop.</summary>
    public Task RunAsync(int clients, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(
        async () =>
        {
            int producer = Interlocked.Increment(ref _producers);
            Turns turns = TurnsOf(client);
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                string message = $"{producer}-{i}";
                bool keyed = client % 2 == 0;
                string fate = keyed ? await PublishWithKeyAsync(message, turns) : await PublishOnceAsync(message, turns);
                _fates[message] = fate;
                if (fate == Acked)
                {
                    Interlocked.Increment(ref _acknowledged);
                    beat?.Acknowledged();
                }
            }
        },
        CancellationToken.None)));

    /// <summary>Pops until told to stop, each pop with a key that is asked again, on whatever node, until it has handed out a message.</summary>
    /// <param name="consumers">How many.</param>
    /// <param name="stop">When to end.</param>
    /// <param name="backlog">How many messages they leave waiting.</param>
    public Task ConsumeAsync(int consumers, CancellationToken stop, int backlog = 0) => Task.WhenAll(Enumerable.Range(0, consumers).Select(client => Task.Run(
        async () =>
        {
            int consumer = Interlocked.Increment(ref _consumers);
            var popped = new List<string>();
            _consumed.Add(popped);
            Turns turns = TurnsOf(client);
            for (int i = 0; await HasMoreThanAsync(backlog, stop); i++)
            {
                string? message = keyedPops ? await PopWithKeyAsync($"pop-{consumer}-{i}", turns, stop) : await PopOnceAsync(turns);
                if (message is not null)
                {
                    popped.Add(message);
                }
            }
        },
        CancellationToken.None)));

    /// <summary>Pops a message at this node, and if that cannot hand it out, at another.</summary>
    public async Task PopAtAsync(Node node) => _handedOut.Add(await SurelyPopAsync($"at-{_handedOut.Count}", node) ?? throw new InvalidOperationException("no message waits"));

    /// <summary>Pops everything that is left and compares.</summary>
    public async Task SettleAsync()
    {
        _consumed.Add(_handedOut);
        var popped = _consumed.SelectMany(messages => messages).ToList();

        // What these keys popped in answers that never came is theirs to this day.
        foreach (string key in _unanswered.Keys)
        {
            if (await SurelyPopAsync(key) is { } message)
            {
                popped.Add(message);
            }
        }

        var left = new List<string>();
        while (await SurelyPopAsync(keyedPops ? $"settle-{_settled++}" : null) is { } message)
        {
            left.Add(message);
        }

        popped.AddRange(left);
        popped.GroupBy(message => message).Where(group => group.Count() > 1).Select(group => group.Key).ShouldBeEmpty("popped twice");
        popped.Where(message => _fates.GetValueOrDefault(message, "from nowhere") is not (Acked or Unknown)).ShouldBeEmpty("refused, or from nowhere");
        _fates.Where(fate => fate.Value == Acked).Select(fate => fate.Key).Except(popped).ShouldBeEmpty("acknowledged and lost");
        RequireOrder(left);
    }

    /// <summary>A producer sends a message when the one before is acknowledged: so they are handed out in this order, to each consumer, and what is left comes last.</summary>
    private void RequireOrder(List<string> left)
    {
        var outOfOrder = new List<string>();
        var consumed = new Dictionary<string, int>();
        foreach (List<string> popped in _consumed)
        {
            var last = new Dictionary<string, int>();
            outOfOrder.AddRange(popped.Where(message => !IsInOrder(message, last)));
            foreach ((string producer, int number) in last)
            {
                consumed[producer] = Math.Max(number, consumed.GetValueOrDefault(producer, -1));
            }
        }

        outOfOrder.AddRange(left.Where(message => !IsInOrder(message, consumed)));
        outOfOrder.ShouldBeEmpty("handed out in another order than they were acknowledged in");
    }

    private bool IsInOrder(string message, Dictionary<string, int> last)
    {
        if (_fates[message] != Acked)
        {
            return true;
        }

        string[] parts = message.Split('-');
        int number = int.Parse(parts[1], CultureInfo.InvariantCulture);
        bool isInOrder = number > last.GetValueOrDefault(parts[0], -1);
        last[parts[0]] = number;
        return isInOrder;
    }

    private async Task<string> PublishOnceAsync(string message, Turns turns)
    {
        try
        {
            return FateBy(await turns.AskAsync(node => node.PublishAsync(topic, Padded(message))));
        }
        catch (HttpRequestException gone) when (gone.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return NotDone;
        }
        catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
        {
            return Unknown;
        }
    }

    private static string FateBy(Answer answer) => answer.IsDone ? Acked : answer.MayHaveHappened ? Unknown : NotDone;

    /// <summary>With a key a client may ask until it knows, on whatever node.</summary>
    private async Task<string> PublishWithKeyAsync(string message, Turns turns)
    {
        string fate = NotDone;
        for (int attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                string said = FateBy(await turns.AskAsync(node => node.PublishAsync(topic, Padded(message), key: message)));
                if (said == Acked)
                {
                    return Acked;
                }

                fate = said == Unknown ? Unknown : fate;
            }
            catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
            {
                // Asked again below.
                fate = gone is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } ? fate : Unknown;
            }
        }

        return fate;
    }

    private async Task<string?> PopWithKeyAsync(string key, Turns turns, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            _unanswered[key] = true;
            try
            {
                if ((await turns.AskAsync(node => node.PopAsync(topic, key))).Message is { } message)
                {
                    _unanswered.TryRemove(key, out _);
                    return Counted(message);
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
            {
                // Asked again: the key stays unanswered until its message is here.
            }
        }

        return null;
    }

    private async Task<string?> PopOnceAsync(Turns turns)
    {
        Answer answer = await turns.AskAsync(node => node.PopAsync(topic));
        answer.MayHaveHappened.ShouldBeFalse("a pop without a key is told how it ended");
        return answer.Message is { } message ? Counted(message) : null;
    }

    /// <summary>Pops at a node that runs, whatever happens to it meanwhile.</summary>
    /// <returns>Null if nothing is left.</returns>
    private async Task<string?> SurelyPopAsync(string? key, Node? first = null)
    {
        Answer? answer = null;
        int attempt = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    Node[] running = [.. cluster.Running];
                    answer = await (first ?? running[attempt++ % running.Length]).PopAsync(topic, key);
                    return answer.IsServed;
                }
                catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
                {
                    return false;
                }
                finally
                {
                    first = null;
                }
            },
            () => $"nothing more is handed out: {answer}\n" + cluster.Outputs());
        return answer!.Message is { } message ? Counted(message) : null;
    }

    private async Task<bool> HasMoreThanAsync(int backlog, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && backlog > 0 && Backlog <= backlog)
        {
            await Eventually.MomentAsync();
        }

        return !stop.IsCancellationRequested;
    }

    private string Counted(string popped)
    {
        Interlocked.Increment(ref _popped);
        string message = popped.Split(' ')[0];
        popped.ShouldBe(Padded(message), "the message came back as it was sent");
        return message;
    }

    private string Padded(string message) => messageBytes > message.Length ? (message + " ").PadRight(messageBytes, 'x') : message;

    private Turns TurnsOf(int client) => new(_nodes, client, beat, Failures, node => !_shunned.ContainsKey(node));
}
