using System.Globalization;
using System.Text;
using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.World;

/// <summary>What clients ask for: mostly to publish and to take, sometimes of topics that are not there, of names that cannot be, with bodies that are too large.</summary>
internal sealed class RequestMix(SimulatedWorld world, Plan plan)
{
    /// <summary>One is the beginning of the next, so that the same bytes may stand for another topic and another body.</summary>
    private static readonly string[] _allTopics = ["t", "tm", "tü", "t2"];

    private readonly string[] _topics = _allTopics[..plan.Topics];
    private readonly Chance _policies = plan.Chance.Fork(Purpose.Policies).Fork(1);
    private readonly List<ClientRequest> _keyed = [];
    private int _lastBody;
    private int _lastKey;

    /// <summary>Something new to ask for.</summary>
    public ClientRequest Draw(Chance chance, bool keyed)
    {
        OperationKind kind = chance.Below(100) switch
        {
            < 46 => OperationKind.Publish,
            < 84 => OperationKind.Pop,
            < 93 => OperationKind.Topics,
            _ => OperationKind.CreateTopic,
        };
        bool nothingIsThere = (world.Ghost.Cluster?.Reference.Machine.Topics.Count ?? 0) < 1;
        kind = nothingIsThere && chance.Percent(50) ? OperationKind.CreateTopic : kind;
        kind = plan.HasPolicies && _policies.Percent(4) ? OperationKind.SetPolicy : kind;
        string topic = kind == OperationKind.Topics ? string.Empty : DrawTopic(chance, kind);
        string? body = kind == OperationKind.Publish ? DrawBody(chance) : null;
        var request = new ClientRequest(kind, topic, body, keyed && kind != OperationKind.Topics ? NewKey() : null, DrawPolicy(kind));
        if (request.Key is not null)
        {
            _keyed.Add(request);
        }

        return request;
    }

    /// <summary>A request with a key that was used for another.</summary>
    public ClientRequest? DrawWithUsedKey(Chance chance)
    {
        if (_keyed.Count == 0)
        {
            return null;
        }

        int drawn = chance.Below(_keyed.Count);
        ClientRequest first = _keyed[drawn];
        bool canBeSplitAnew = first is { Kind: OperationKind.Publish, Topic: "t" } && !plan.Knobs.ForgetsKeysSoon;
        if (canBeSplitAnew && chance.Percent(50))
        {
            // Once only: what bodies are left is taken for a message like any other.
            _keyed.RemoveAt(drawn);
            return first with { Topic = first.Topic + first.Body![0], Body = first.Body[1..] };
        }

        return Draw(chance, keyed: false) is { Kind: not OperationKind.Topics } other ? other with { Key = first.Key } : null;
    }

    /// <summary>A message to take out of a topic that has some; null if none has.</summary>
    public ClientRequest? DrawFromTheRest(Chance chance)
    {
        Invariants.ReferenceMachine? reference = world.Ghost.Cluster?.Reference;
        reference?.CatchUp();
        if (reference is null || reference.Machine.MessageCount == 0)
        {
            return null;
        }

        string[] full = [.. reference.Machine.Topics.Where(topic => reference.Machine.Count(topic) > 0)];
        return new ClientRequest(OperationKind.Pop, full[chance.Below(full.Length)], null, null);
    }

    /// <summary>A request of this kind that a working cluster can carry out.</summary>
    public ClientRequest Draw(Probe probe) => new(
        probe.Kind,
        probe.Kind == OperationKind.Topics ? string.Empty : _topics[0],
        probe.Kind == OperationKind.Publish ? NewBody() : null,
        probe.HasKey ? NewKey() : null);

    private string DrawTopic(Chance chance, OperationKind kind) => chance.Below(100) switch
    {
        0 => "a/b",
        1 or 2 => "nowhere",
        3 when kind == OperationKind.CreateTopic => string.Empty,
        4 when kind == OperationKind.CreateTopic => new string('n', 300),
        _ => _topics[chance.Below(_topics.Length)],
    };

    /// <summary>A policy to create a topic with, or a change of one. Drawn apart, so that seeds without policies are what they were.</summary>
    private TopicPolicyChange DrawPolicy(OperationKind kind)
    {
        bool hasOne = kind == OperationKind.SetPolicy || (kind == OperationKind.CreateTopic && plan.HasPolicies && _policies.Percent(80));
        if (!hasOne)
        {
            return default;
        }

        (bool setsMessages, bool setsBytes, bool setsOverflow) = (_policies.Percent(70), _policies.Percent(30), _policies.Percent(70));
        long messages = _policies.OneOf<long>([1, 2, 5, 20, TopicPolicy.OfCluster, TopicPolicy.OfCluster, long.MaxValue]);
        long bytes = _policies.OneOf<long>([5, 100, 2_000, TopicPolicy.OfCluster]);
        Overflow overflow = _policies.Percent(65) ? Overflow.DropOldest : Overflow.Reject;
        return new TopicPolicyChange(setsMessages ? messages : null, setsBytes ? bytes : null, setsOverflow ? overflow : null);
    }

    private string DrawBody(Chance chance)
    {
        string name = NewBody();
        int bytes = chance.Percent(2) ? plan.Wal.MaxPayloadBytes - 300 : chance.Percent(30) ? chance.Below(plan.Knobs.MaxBodyBytes + 1) : 0;
        char filling = chance.OneOf<char>(['.', '\0', 'ü']);
        int length = name.Length + ((bytes - name.Length) / Encoding.UTF8.GetByteCount([filling]));
        return length > name.Length ? name.PadRight(length, filling) : name;
    }

    private string NewBody() => "m" + (++_lastBody).ToString(CultureInfo.InvariantCulture);

    private string NewKey() => "k" + (++_lastKey).ToString(CultureInfo.InvariantCulture);
}
