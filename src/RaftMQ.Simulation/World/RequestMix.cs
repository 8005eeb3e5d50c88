using System.Globalization;
using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.World;

/// <summary>What clients ask for: mostly to publish and to take, sometimes of topics that are not there, of names that cannot be, with bodies that are too large.</summary>
internal sealed class RequestMix(SimulatedWorld world, Plan plan)
{
    private readonly string[] _topics = [.. Enumerable.Range(1, plan.Topics).Select(number => "t" + number.ToString(CultureInfo.InvariantCulture))];
    private readonly List<string> _usedKeys = [];
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
        string topic = kind == OperationKind.Topics ? string.Empty : DrawTopic(chance, kind);
        string? body = kind == OperationKind.Publish ? DrawBody(chance) : null;
        string? key = keyed && kind != OperationKind.Topics ? NewKey() : null;
        return new ClientRequest(kind, topic, body, key);
    }

    /// <summary>A request with a key that was used for another.</summary>
    public ClientRequest? DrawWithUsedKey(Chance chance) =>
        _usedKeys.Count == 0 ? null : Draw(chance, keyed: false) is { Kind: not OperationKind.Topics } other
            ? other with { Key = _usedKeys[chance.Below(_usedKeys.Count)] }
            : null;

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

    private string DrawTopic(Chance chance, OperationKind kind) => chance.Below(100) switch
    {
        0 => "a/b",
        1 or 2 => "nowhere",
        3 when kind == OperationKind.CreateTopic => string.Empty,
        4 when kind == OperationKind.CreateTopic => new string('n', 300),
        _ => _topics[chance.Below(_topics.Length)],
    };

    private string DrawBody(Chance chance)
    {
        string name = "m" + (++_lastBody).ToString(CultureInfo.InvariantCulture);
        int length = chance.Percent(2) ? plan.Wal.MaxPayloadBytes - 300 : chance.Percent(30) ? chance.Below(plan.Knobs.MaxBodyBytes + 1) : 0;
        return length > name.Length ? name.PadRight(length, '.') : name;
    }

    private string NewKey()
    {
        string key = "k" + (++_lastKey).ToString(CultureInfo.InvariantCulture);
        _usedKeys.Add(key);
        return key;
    }
}
