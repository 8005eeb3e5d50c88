using System.Runtime.InteropServices;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;

namespace RaftMQ.Simulation.World;

/// <summary>All clients of a run, and everything that they ever asked and heard.</summary>
internal sealed partial class Clients
{
    private readonly SimulatedWorld _world;
    private readonly SimulatedClient[] _clients;
    private readonly List<Operation> _operations = [];
    private readonly Dictionary<byte[], Forwarding> _forwarded = new(ReferenceEqualityComparer.Instance);
    private int _lastNumber;
    private long _moment;

    public Clients(SimulatedWorld world, Plan plan)
    {
        _world = world;
        Requests = new RequestMix(world, plan);
        _clients = [.. Enumerable.Range(0, plan.Clients).Select(seat => new SimulatedClient(world, plan, seat))];
    }

    /// <summary>How far a command that a node has passed on has come.</summary>
    private enum Forwarding
    {
        Sent,
        Proposed,
        SentAgain,
    }

    public RequestMix Requests { get; }

    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>What must be answered once there is peace.</summary>
    public Probes Probes { get; } = new();

    /// <summary>Whether clients ask what comes to their minds, and lose patience.</summary>
    public bool MayAsk { get; set; } = true;

    /// <summary>Whether all that is still asked is to empty the queues.</summary>
    public bool Drain { get; private set; }

    /// <summary>Whether new operations are begun.</summary>
    public bool MayBegin => MayAsk || Drain || Probes.Left > 0;

    /// <summary>Whether some client waits for an answer.</summary>
    public bool AnyWaits => _clients.Any(client => client.IsWaiting);

    public SimulatedClient this[int seat] => _clients[seat];

    public void BeginAll()
    {
        foreach (SimulatedClient client in _clients)
        {
            client.ActIn(client.Think());
        }
    }

    /// <summary>Who waits for any other node waits in vain.</summary>
    public void KeepOnly(IReadOnlyCollection<SimulatedNode> nodes)
    {
        foreach (SimulatedClient client in _clients)
        {
            if (client.IsWaiting && !nodes.Any(node => node.Id == client.WaitsFor))
            {
                client.LeaveOpen();
            }
        }
    }

    /// <summary>Every one of these nodes is asked for everything once; <see cref="Probe.OfTheLeader"/> stands for whoever leads.</summary>
    public void BeginProbes(IEnumerable<int> nodes)
    {
        foreach (int node in nodes)
        {
            Probes.Add(new Probe(node, OperationKind.CreateTopic, HasKey: false));
            Probes.Add(new Probe(node, OperationKind.Publish, HasKey: false));
            Probes.Add(new Probe(node, OperationKind.Publish, HasKey: true));
            Probes.Add(new Probe(node, OperationKind.Topics, HasKey: false));
            Probes.Add(new Probe(node, OperationKind.SetPolicy, HasKey: false));
            Probes.Add(new Probe(node, OperationKind.Pop, HasKey: false));
            Probes.Add(new Probe(node, OperationKind.Pop, HasKey: true));
        }

        BeginAnew();
    }

    /// <summary>From now on clients only take what is left.</summary>
    public void BeginDrain()
    {
        Drain = true;
        BeginAnew();
    }

    public int NextNumber() => ++_lastNumber;

    /// <summary>A process ends in order: nobody is left without an answer but those whom its successor in the same process still answers.</summary>
    public void RequireAnswered(SimulatedNode node, int kept)
    {
        _world.Findings.Checks++;
        int waiting = _clients.Count(client => client.WaitsFor == node.Id);
        if (waiting > kept)
        {
            _world.Findings.Report("I22", $"node {node.Id} has ended in order and left {waiting} clients without an answer");
        }
    }

    public Operation Begin(SimulatedClient client, ClientRequest request, int node)
    {
        var operation = new Operation
        {
            Number = _operations.Count + 1,
            Client = client.Number,
            Kind = request.Kind,
            Topic = request.Topic,
            Body = request.Body,
            Key = request.Key,
            Policy = request.Policy,
            InvokedAt = ++_moment,
        };
        _operations.Add(operation);
        _world.Trace.Note(_world.Now, node, TraceKind.Ask, operation.Number, (long)request.Kind, client.Number);
        _world.Trace.Add(request.Topic);
        _world.Trace.Add(request.Body);
        _world.Trace.Add(request.Key);
        if (!request.Policy.IsEmpty)
        {
            _world.Trace.Add(Checkers.InWords.Of(request.Policy));
        }

        return operation;
    }

    public void OnEnded(SimulatedCommand command, SimulatedNode node)
    {
        Attempt attempt = command.Attempt;
        RequestResult result = command.Result;
        Ending ending = result.Outcome switch
        {
            RequestOutcome.Replied => Ending.Replied,
            RequestOutcome.OutcomeUnknown => Ending.Unknown,
            _ => Ending.NotDone,
        };
        Count(result, attempt, node);
        if (attempt.IsAwaited && ending == Ending.Replied)
        {
            Operation operation = attempt.Operation;
            operation.Outcome = result.Reply.Outcome;
            operation.Index = result.Reply.Index;
            bool took = operation.Kind == OperationKind.Pop && result.Reply.Outcome == QueueOutcome.Done;
            operation.Taken = took ? System.Text.Encoding.UTF8.GetString(result.Body.Span) : null;
        }

        OnEnded(attempt, ending);
    }

    public void OnEnded(SimulatedTopicRead request, SimulatedNode node)
    {
        Attempt attempt = request.Attempt;
        TopicReadResult result = request.Result!;
        if (attempt.IsAwaited && result.Outcome == RequestOutcome.Replied)
        {
            attempt.Operation.Outcome = QueueOutcome.Done;
            attempt.Operation.Index = result.Index;
            attempt.Operation.Topics = result.Topics;
            bool outlived = attempt.LeaderBefore is { } before && before.Term < node.Replica!.Core.CurrentTerm && before.Server != node.Replica.Core.Leader;
            if (outlived)
            {
                _world.Reach.Count(Situation.ReadOutlivedLeader);
            }
        }

        OnEnded(attempt, result.Outcome == RequestOutcome.Replied ? Ending.Replied : Ending.NotDone);
    }

    public void OnEnded(Attempt attempt, Ending ending)
    {
        if (!attempt.IsAwaited)
        {
            return;
        }

        attempt.IsAwaited = false;
        Operation operation = attempt.Operation;
        operation.Ending = ending;
        operation.EndedAt = ++_moment;
        _world.Trace.Note(_world.Now, attempt.Node, TraceKind.Answer, operation.Number, (long)ending, (long)operation.Outcome, (long)operation.Index);
        _world.Trace.Add(operation.Taken);
        foreach (string topic in operation.Topics ?? [])
        {
            _world.Trace.Add(topic);
        }

        attempt.Client.OnEnded(ending);
    }

    /// <summary>The client no longer waits.</summary>
    public void Abandon(Attempt attempt)
    {
        attempt.IsAwaited = false;
        _world.Trace.Note(_world.Now, attempt.Node, TraceKind.GiveUp, attempt.Operation.Number, c: attempt.Client.Number);
    }

    /// <summary>A process is gone: whoever waited for it finds its connection closed.</summary>
    public void OnNodeEnded(SimulatedNode node)
    {
        foreach (SimulatedClient client in _clients)
        {
            client.OnNodeEnded(node.Id);
        }
    }

    /// <summary>A node has passed a client's command on.</summary>
    public void OnForwarded(ReadOnlyMemory<byte> command)
    {
        if (MemoryMarshal.TryGetArray(command, out ArraySegment<byte> segment))
        {
            ref Forwarding forwarding = ref CollectionsMarshal.GetValueRefOrAddDefault(_forwarded, segment.Array!, out _);
            forwarding = forwarding == Forwarding.Sent ? Forwarding.Sent : Forwarding.SentAgain;
        }
    }

    /// <summary>A leader has put a command that was passed on to it into its log.</summary>
    public void OnProposed(ReadOnlyMemory<byte> command)
    {
        if (MemoryMarshal.TryGetArray(command, out ArraySegment<byte> segment) && _forwarded.TryGetValue(segment.Array!, out Forwarding forwarding))
        {
            _forwarded[segment.Array!] = forwarding == Forwarding.Sent ? Forwarding.Proposed : forwarding;
        }
    }

    private void BeginAnew()
    {
        foreach (SimulatedClient client in _clients)
        {
            client.BeginAnew();
        }
    }

    /// <summary>A command of an attempt has ended: how far it had been passed on no longer matters.</summary>
    public void Forget(byte[] command, bool isDoneByKey)
    {
        if (_forwarded.Remove(command, out Forwarding forwarding) && forwarding == Forwarding.SentAgain && isDoneByKey)
        {
            _world.Reach.Count(Situation.ForwardedAgain);
        }
    }
}
