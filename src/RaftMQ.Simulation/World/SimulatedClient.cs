using RaftMQ.Queues;
using RaftMQ.Replica;
using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.World;

/// <summary>
/// One client: one operation at a time. It may lose patience, ask another node with the same key, come back late with what was answered long ago, or reuse a key that is
/// not its own. After an end that leaves it in doubt it is another client, as a process that may not reuse its name.
/// </summary>
internal sealed class SimulatedClient
{
    private const long LastPatienceUs = 60_000_000;

    private readonly SimulatedWorld _world;
    private readonly Plan _plan;
    private readonly Chance _chance;
    private readonly int _seat;
    private readonly bool _misbehaves;
    private readonly bool _isImpatient;
    private readonly bool _usesKeys;
    private readonly int _attempts;
    private ClientRequest? _request;
    private ClientRequest? _answered;
    private Attempt? _underWay;
    private PendingGone? _pending;
    private Probe? _probe;
    private ulong _turn;
    private int _attemptsLeft;
    private int _node;

    public SimulatedClient(SimulatedWorld world, Plan plan, int seat)
    {
        _world = world;
        _plan = plan;
        _seat = seat;
        _chance = plan.Chance.Fork(Purpose.Client + (ulong)seat);
        (bool impatient, bool misbehaves) = (_chance.Percent(30), _chance.Percent(20));
        _usesKeys = _chance.Percent(60);
        _attempts = _chance.OneOf<int>([0, 1, 3]);
        _isImpatient = impatient && plan.IsOn(FaultKind.Clients);
        _misbehaves = (misbehaves || plan.Knobs.ForgetsKeysSoon) && plan.IsOn(FaultKind.Clients);
        _usesKeys |= _misbehaves && plan.Knobs.ForgetsKeysSoon;
        Number = -seat;
    }

    /// <summary>Its name; another one after every end in doubt.</summary>
    public int Number { get; private set; }

    public bool IsWaiting => _underWay is not null;

    /// <summary>The node that it waits for; 0 for none.</summary>
    public int WaitsFor => _underWay?.Node ?? 0;

    /// <summary>The way to tell a node that the client of a request has gone.</summary>
    private sealed record PendingGone(SimulatedNode Node, ulong Life, ReplicaInput Gone, byte[]? Command);

    public long Think() => 100 + _chance.Exponential(_world.Clients.Drain ? 300 : _plan.ThinkUs);

    public void ActIn(long wait) => _world.Agenda.Add(_world.Now + wait, EventKind.Client, _seat, life: ++_turn);

    /// <summary>Its time has come: to ask something, or to lose patience.</summary>
    public void Act(in Appointment due)
    {
        if (due.Life != _turn)
        {
            return;
        }

        if (_underWay is null && _world.Clients.MayBegin)
        {
            Begin();
        }
        else if (_underWay is not null && _world.Clients.MayAsk)
        {
            // In the liveness phase there is nothing to lose patience with.
            GiveUp();
        }
    }

    /// <summary>The operation under way has ended, as its client is told.</summary>
    public void OnEnded(Ending ending)
    {
        bool isInDoubt = ending is Ending.Unknown or Ending.Open;
        bool isDone = ending == Ending.Replied && _underWay!.Operation.Outcome == QueueOutcome.Done;
        Finish(isDone);
        if (_probe is { } probe)
        {
            _world.Clients.Probes.OnEnded(probe, ending);
            _probe = null;
        }

        bool mayAgain = _request!.Key is not null && ending != Ending.Replied && _attemptsLeft-- > 0 && _world.Clients.MayAsk;
        if (mayAgain)
        {
            _node = 0;
            ActIn(5 * Think());
            return;
        }

        if (ending == Ending.Replied && _request.Key is not null)
        {
            Remember(_request, isDone);
        }

        _request = null;
        if (isInDoubt)
        {
            Rename();
        }

        ActIn(ending == Ending.Replied ? Think() : 5 * Think());
    }

    /// <summary>A process is gone, and with it the connection.</summary>
    public void OnNodeEnded(int node)
    {
        if (_underWay?.Node == node)
        {
            LeaveOpen();
        }

        _node = _node == node ? 0 : _node;
    }

    /// <summary>Nobody waits for this any more.</summary>
    public void LeaveOpen()
    {
        _world.Clients.Abandon(_underWay!);
        OnEnded(Ending.Open);
    }

    /// <summary>What it had in mind is forgotten; it helps with what is to be done now.</summary>
    public void BeginAnew()
    {
        _request = null;
        ActIn(Think());
    }

    private void Begin()
    {
        if (_world.Clients.Probes.TryTake(out Probe? probe))
        {
            int node = probe.Node == Probe.OfTheLeader ? SimulatedWorld.LeaderOf(_world.Nodes.Where(each => _world.MayServe(each.Id)))?.Id ?? 0 : probe.Node;
            (_probe, _node, _request, _attemptsLeft) = (probe, node, _world.Clients.Requests.Draw(probe), 0);
        }
        else if (_node == 0 || !_world.MayServe(_node) || _chance.Percent(10))
        {
            _node = PickNode();
        }

        if (_node == 0 || !_world.MayServe(_node))
        {
            if (_probe is not null)
            {
                _world.Clients.Probes.OnEnded(_probe, Ending.NotDone);
                (_probe, _request) = (null, null);
            }

            ActIn(100_000);
            return;
        }

        if (_request is null)
        {
            _request = NextRequest();
            _attemptsLeft = _attempts;
        }

        if (_request is null)
        {
            ActIn(5_000);
            return;
        }

        if (Number <= 0)
        {
            Rename();
        }

        Ask(_world.Nodes[_node], _request);
    }

    private ClientRequest? NextRequest()
    {
        if (!_world.Clients.MayAsk)
        {
            return _world.Clients.Drain ? _world.Clients.Requests.DrawFromTheRest(_chance) : null;
        }

        bool comesLate = _misbehaves && _answered is not null && _chance.Percent(8);
        if (comesLate)
        {
            return _answered;
        }

        if (_misbehaves && _chance.Percent(3))
        {
            // Under another name: of one client's requests those with the same key are the same.
            Rename();
            return _world.Clients.Requests.DrawWithUsedKey(_chance) ?? _world.Clients.Requests.Draw(_chance, _usesKeys);
        }

        return _world.Clients.Requests.Draw(_chance, _usesKeys);
    }

    private void Ask(SimulatedNode node, ClientRequest request)
    {
        Operation operation = _world.Clients.Begin(this, request, node.Id);
        Consensus.RaftCore core = node.Replica!.Core;
        var attempt = new Attempt(operation, this, node.Id)
        {
            CommittedBefore = _world.Ghost.Cluster?.Committed.Last ?? 0,
            LeaderBefore = core.Leader is { } leader ? (leader, core.CurrentTerm) : null,
        };
        _underWay = attempt;
        bool loses = _isImpatient && _world.Clients.MayAsk && _chance.Percent(40);
        ActIn(loses ? 5_000 + _chance.Exponential(1_000_000) : LastPatienceUs);
        byte[]? command = request.Kind == OperationKind.Topics ? null : request.Encode();
        ReplicaInput? gone = command is null ? node.AskTopics(attempt) : node.Submit(command, attempt);
        if (gone is null)
        {
            _world.Clients.OnEnded(attempt, Ending.NotDone);
            return;
        }

        _pending = new PendingGone(node, node.Life, gone, command);
    }

    /// <summary>It has waited long enough; some close their connection, so that the node learns of it, and some are only slow to hear.</summary>
    private void GiveUp()
    {
        if (_pending is { } pending && pending.Node.Life == pending.Life && _chance.Percent(70))
        {
            pending.Node.Post(pending.Gone);
        }

        LeaveOpen();
    }

    private void Finish(bool isDone)
    {
        if (_pending?.Command is { } command)
        {
            _world.Clients.Forget(command, isDone && _request!.Key is not null);
        }

        _underWay = null;
        _pending = null;
    }

    /// <summary>
    /// Something to come back with later. Where keys are forgotten soon a late repetition is a new request, and the first is kept until its key is: to publish the
    /// same body twice would blur the accounts, but a topic may be created again and another message taken.
    /// </summary>
    private void Remember(ClientRequest request, bool isDone)
    {
        if (!_plan.Knobs.ForgetsKeysSoon)
        {
            _answered = request;
        }
        else if (isDone && request.Kind != OperationKind.Publish)
        {
            _answered ??= request;
        }
    }

    private void Rename() => Number = _world.Clients.NextNumber();

    private int PickNode()
    {
        int first = 1 + _chance.Below(_plan.Nodes);
        for (int i = 0; i < _plan.Nodes; i++)
        {
            int node = 1 + ((first + i) % _plan.Nodes);
            if (_world.MayServe(node))
            {
                return node;
            }
        }

        return 0;
    }
}
