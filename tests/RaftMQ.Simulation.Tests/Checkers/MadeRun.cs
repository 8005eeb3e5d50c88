using System.Text;
using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>
/// A run made up from a seed, and right by construction: clients with overlapping operations, each of which takes effect on one queue at a moment of its own between
/// its invocation and its end. Clients give up before or after that moment, repeat with their key, are refused; given-up commands come late or never.
/// </summary>
internal sealed class MadeRun
{
    private const long EventsApart = 10;

    private static readonly string[] OddNames = ["", ".", "..", "a/b", "a\\b", "a\nb", "a\u0085", "name", "a longer name", "☃☃☃☃"];

    private readonly Chance _chance;
    private readonly QueueMachine _machine = new();
    private readonly List<Operation> _operations = [];
    private readonly List<CommittedCommand> _committed = [];
    private readonly List<byte[]> _late = [];
    private readonly MadeClient[] _clients;
    private readonly int _topics;
    private readonly bool _hasPolicies;
    private long _event;
    private long _time = 1_000;
    private ulong _index;
    private int _lastKey;
    private int _lastBody;

    private MadeRun(ulong seed)
    {
        _chance = new Chance(seed);
        _clients = [.. Enumerable.Range(1, 2 + _chance.Below(4)).Select(number => new MadeClient(number))];
        _topics = 1 + _chance.Below(3);
        _hasPolicies = new Chance(seed).Fork(1).Below(3) == 0;
        Append(QueueCommandCodec.Configure(Limits()));
    }

    /// <summary>What the queue answered at each index of the log.</summary>
    public Dictionary<ulong, QueueReply> Replies { get; } = [];

    public History History { get; private set; } = null!;

    public static MadeRun Make(ulong seed, int operations)
    {
        var run = new MadeRun(seed);
        while (run._operations.Count < operations)
        {
            run.Step();
        }

        run.Finish();
        return run;
    }

    private QueueLimits Limits() => new()
    {
        MaxTopics = 1 + _chance.Below(4),
        MaxTopicNameBytes = 2 + _chance.Below(10),
        MaxMessageBytes = 8 + _chance.Below(10),
        MaxMessagesPerTopic = 3 + _chance.Below(20),
        MaxBytesPerTopic = 20 + _chance.Below(200),
        MaxMessages = 4 + _chance.Below(40),
        MaxBytes = 40 + _chance.Below(400),
        MaxRequestKeys = 4 + _chance.Below(40),
        MaxRequestKeyBytes = 15 + _chance.Below(100),
        RequestKeyWindowMilliseconds = 200 + _chance.Below(2_000),
    };

    private void Step()
    {
        _event += EventsApart;
        if (_chance.Below(500) == 0)
        {
            Append(QueueCommandCodec.Configure(Limits()));
            return;
        }

        if (_late.Count > 0 && _chance.Below(10) == 0)
        {
            int which = _chance.Below(_late.Count);
            Append(_late[which]);
            _late.RemoveAt(which);
            return;
        }

        MadeClient client = _clients[_chance.Below(_clients.Length)];
        if (client.Current is null)
        {
            Invoke(client);
        }
        else if (!client.HasTakenEffect)
        {
            BeforeTheEffect(client);
        }
        else
        {
            AfterTheEffect(client);
        }
    }

    private void Invoke(MadeClient client)
    {
        bool repeats = client.Last is { Key: not null } && _chance.Below(3) > 0 && (client.Last.Ending != Ending.Replied || _chance.Below(3) == 0);
        string topic = _chance.Below(30) == 0 ? OddNames[_chance.Below(OddNames.Length)] : "t" + _chance.Below(_topics);
        string? key = _chance.Below(5) < 2 ? $"c{client.Number}k{(_chance.Below(12) == 0 ? _lastKey : ++_lastKey)}" : null;
        Operation operation = repeats
            ? Ask(client, client.Last!.Kind, client.Last.Topic, client.Last.Body, client.Last.Key, client.Last.Policy)
            : _chance.Below(20) switch
            {
                < 3 => Ask(client, OperationKind.CreateTopic, topic, null, key, Policy()),
                3 when _hasPolicies => Ask(client, OperationKind.SetPolicy, topic, null, key, Policy()),
                < 10 => Ask(client, OperationKind.Publish, topic, "m" + ++_lastBody + new string('x', _chance.Below(10)), key),
                < 18 => Ask(client, OperationKind.Pop, topic, null, key),
                _ => Ask(client, OperationKind.Topics, string.Empty, null, null),
            };
        client.Begin(operation);
        _operations.Add(operation);
    }

    private Operation Ask(MadeClient client, OperationKind kind, string topic, string? body, string? key, TopicPolicyChange policy = default) =>
        new() { Number = _operations.Count + 1, Client = client.Number, Kind = kind, Topic = topic, Body = body, Key = key, Policy = policy, InvokedAt = _event };

    private TopicPolicyChange Policy() => !_hasPolicies ? default : new TopicPolicyChange(
        _chance.Below(3) == 0 ? null : _chance.Below(6),
        _chance.Below(3) == 0 ? 5 + _chance.Below(50) : null,
        _chance.Below(4) == 0 ? Overflow.Reject : Overflow.DropOldest);

    private void BeforeTheEffect(MadeClient client)
    {
        switch (_chance.Below(20))
        {
            case 0:
                client.End(_event, Ending.NotDone);
                break;
            case 1 or 2:
                if (client.Command is { } command && _chance.Below(2) == 0)
                {
                    _late.Add(command);
                }

                GiveUp(client);
                break;
            case < 16:
                TakeEffect(client);
                break;
            default:
                break;
        }
    }

    private void TakeEffect(MadeClient client)
    {
        Operation operation = client.Current!;
        bool isRead = operation.Kind == OperationKind.Topics
            || (operation is { Kind: OperationKind.Pop, Key: null } && (_machine.Count(operation.Topic) ?? 0) == 0 && _chance.Below(4) > 0);
        if (isRead)
        {
            QueueOutcome outcome = operation.Kind == OperationKind.Topics ? QueueOutcome.Done
                : _machine.Count(operation.Topic) is null ? QueueOutcome.NoSuchTopic : QueueOutcome.Empty;
            operation.Topics = operation.Kind == OperationKind.Topics ? [.. _machine.Topics] : null;
            client.TakeEffect(new QueueReply(outcome, default, _index), null);
            return;
        }

        TakeEffect(client, Append(client.Command!));
    }

    private void TakeEffect(MadeClient client, in QueueReply reply) => client.TakeEffect(reply, BodyOf(reply));

    private string? BodyOf(in QueueReply reply)
    {
        ulong index = reply.Body.Index;
        return reply.Body.IsNone ? null : Encoding.UTF8.GetString(reply.Body.In(_committed.First(command => command.Index == index).Payload).Span);
    }

    private void AfterTheEffect(MadeClient client)
    {
        switch (_chance.Below(20))
        {
            case < 2:
                GiveUp(client);
                break;
            case 2 when client.Current!.Key is not null:
                // Passed on again by its node, which did not learn what became of it: from now on only success is a definite answer.
                QueueReply again = Append(client.Command!);
                TakeEffect(client, again);
                if (again.Outcome != QueueOutcome.Done)
                {
                    client.End(_event, Ending.Unknown);
                }

                break;
            case < 15:
                client.Reply(_event);
                break;
            default:
                break;
        }
    }

    private void GiveUp(MadeClient client)
    {
        bool isTold = _chance.Below(2) == 0;
        client.Current!.Topics = null;
        client.End(isTold ? _event : long.MaxValue, isTold ? Ending.Unknown : Ending.Open);
    }

    private QueueReply Append(byte[] command)
    {
        _time += _chance.Below(40);
        _index += 1 + (ulong)(_chance.Below(4) / 3);
        var committed = new CommittedCommand(_index, _time, command);
        _committed.Add(committed);
        QueueReply reply = _machine.Apply(committed);
        Replies.Add(_index, reply);
        return reply;
    }

    private void Finish()
    {
        foreach (MadeClient client in _clients.Where(client => client.Current is not null))
        {
            client.Current!.Topics = null;
            client.End(long.MaxValue, Ending.Open);
        }

        Dictionary<string, long> dropped = _machine.Topics.ToDictionary(topic => topic, topic => _machine.Look(topic)!.Value.Dropped);

        // What is left is what pops behind the end of the history would bring.
        var remaining = new List<(string Topic, string Body)>();
        ulong beyond = _index;
        foreach (string topic in _machine.Topics)
        {
            while (_machine.Apply(new CommittedCommand(++beyond, _time, QueueCommandCodec.Pop(topic))) is { Outcome: QueueOutcome.Done } reply)
            {
                remaining.Add((topic, BodyOf(reply)!));
            }
        }

        History = new History(_operations, _committed, remaining, dropped);
    }
}
