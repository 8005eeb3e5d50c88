using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica;
using RaftMQ.Simulation.Disk;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Simulation.World;

/// <summary>The process's replica thread: takes what waits, hands it over, ends the turn; a tick comes last, as in production (<c>NodeLife</c>).</summary>
internal sealed partial class SimulatedNode
{
    private const int LateTurnUs = 20_000;
    private const int LongestLateTickUs = 50_000;

    private readonly List<ReplicaInput> _inbox = [];
    private bool _turnIsDue;
    private bool _tickIsDue;
    private long _nextTickMs;
    private int _stepsLeft;
    private string? _givenUp;
    private string? _refused;
    private int _underWay;
    private ReplicaInput? _handling;

    /// <summary>Whether a snapshot is on its way to this node, and part of it is on its disk.</summary>
    public bool ReceivesSnapshot { get; private set; }

    /// <summary>How far a snapshot has ever come here, in bytes: one that begins anew does not get further for a while.</summary>
    public long FurthestOfSnapshots { get; private set; }

    private bool HasEnded => _givenUp is not null || _refused is not null || _refusedVersion is not null;

    /// <summary>The process ends after so many more steps: handled inputs, messages before and after they leave, requests to the disk, answers.</summary>
    public void CrashAfterSteps(int steps) => _stepsLeft = steps;

    /// <summary>Leaves something in the inbox.</summary>
    public void Post(ReplicaInput input)
    {
        if (IsRunning)
        {
            _inbox.Add(input);
            ScheduleTurn();
        }
    }

    /// <summary>A client's command arrives.</summary>
    /// <returns>What to leave in the inbox should the client go away; null if too many are under way already.</returns>
    public ReplicaInput? Submit(byte[] command, Attempt attempt)
    {
        if (_underWay >= _plan.MaxRequests)
        {
            _world.Events++;
            return null;
        }

        bool isCommand = QueueCommandCodec.TryReadHeader(command, out QueueCommandHeader header);
        Consensus.Invariant.Require(isCommand, "clients send commands");
        _underWay++;
        var request = new SimulatedCommand(command, header, attempt);
        Post(new CommandInput(request));
        return new CommandGoneInput(request);
    }

    /// <summary>A client wants to know the topics.</summary>
    /// <returns>As <see cref="Submit"/>.</returns>
    public ReplicaInput? AskTopics(Attempt attempt)
    {
        if (_underWay >= _plan.MaxRequests)
        {
            _world.Events++;
            return null;
        }

        _underWay++;
        var request = new SimulatedTopicRead(attempt);
        Post(new TopicReadInput(request));
        return new TopicReadGoneInput(request);
    }

    public void Tick(in Appointment due)
    {
        if (due.Life != Life || !IsRunning)
        {
            return;
        }

        _tickIsDue = true;
        if (!IsPaused)
        {
            TakeTurn();
        }
    }

    public void Turn(in Appointment due)
    {
        if (due.Life == Life && IsRunning)
        {
            _turnIsDue = false;
            if (!IsPaused)
            {
                TakeTurn();
            }
        }
    }

    private void TakeTurn()
    {
        QueueReplica replica = Replica!;
        ServerIdentity identified = replica.Identity;
        IReadOnlyDictionary<NodeId, string> peers = replica.Peers;
        bool ended = false;
        try
        {
            HandleInputs(replica);
            if (!HasEnded)
            {
                replica.EndTurn();
            }
        }
        catch (SimulatedCrashException)
        {
            ended = true;
        }
        catch (Exception e)
        {
            _world.Findings.Report("I22", $"node {Id} ends: {e}");
            return;
        }

        _world.Ghost.Observe(this, isWhole: !ended && !HasEnded);
        Identity = replica.Identity;
        if (ended)
        {
            Die(powerIsLost: false);
            return;
        }

        if (!ReferenceEquals(peers, replica.Peers))
        {
            _world.Network.SetPeers(this);
        }

        if (_givenUp is not null)
        {
            BeginAnew(_givenUp, Discard);
            return;
        }

        if (_refusedVersion is { } tooOld)
        {
            OnVersionRefused(tooOld);
            return;
        }

        if (replica.Identity != identified)
        {
            _world.Network.Identify(this);
        }

        NoteAdmission();
        if (HasStopped())
        {
            End("stopped");
        }
        else if (_inbox.Count > 0 || replica.HasWork)
        {
            ScheduleTurn();
        }
    }

    private void HandleInputs(QueueReplica replica)
    {
        int taken = Math.Min(_inbox.Count, Fires(_plan.Knobs.ShortensTurns) ? 1 : _plan.MaxInputsPerTurn);
        int handled = 0;
        while (handled < taken && !HasEnded)
        {
            ReplicaInput input = _inbox[handled++];
            Step();
            _world.Events++;
            Note(input);
            _handling = input;
            replica.Handle(input);
            _handling = null;
        }

        _inbox.RemoveRange(0, handled);
        if (_tickIsDue && !HasEnded)
        {
            _tickIsDue = false;
            long now = Clock.MonotonicMs(_world.Now);
            _nextTickMs = Math.Max(_nextTickMs + _plan.Replica.TickMilliseconds, now);
            TickInput clocks = Clocks();
            _world.Ghost.OnTick(this, clocks.MonotonicMs);
            replica.Handle(clocks);
            ScheduleTick();
        }
    }

    private void Note(ReplicaInput input)
    {
        switch (input)
        {
            case PeerMessageInput peer:
                _world.Ghost.OnHandling(this, peer.Message);
                break;
            case PersistedInput persisted:
                _world.Ghost.OnReported(this, persisted.Batch);
                _world.Trace.Note(_world.Now, Id, TraceKind.Persisted, (long)persisted.Batch);
                break;
            case SnapshotInstalledInput installed:
                ReceivesSnapshot = false;
                _world.Reach.Count(Situation.SnapshotInstalled);
                _world.Ghost.OnInstallReported(this, installed.State.Metadata.Last);
                _world.Trace.Note(_world.Now, Id, TraceKind.Installed, (long)installed.State.Metadata.Last.Index.Value, (long)installed.State.Metadata.Last.Term.Value);
                break;
            case AsideRemovedInput:
                _world.Reach.Count(Situation.DamagedNodeHealed);
                break;
            case SnapshotPieceFailedInput:
                ReceivesSnapshot = false;
                break;
            case ApplyEntriesLoadedInput loaded:
                _world.Trace.Note(_world.Now, Id, TraceKind.Loaded, (long)loaded.First.Value, loaded.Entries.Length);
                break;
            case DiskSpaceInput space:
                _world.Trace.Note(_world.Now, Id, TraceKind.Space, (long)space.Space);
                break;
            case StopInput:
                _stopStartedMs = Clock.MonotonicMs(_world.Now);
                break;
            default:
                break;
        }
    }

    private void Step()
    {
        if (_stepsLeft > 0 && --_stepsLeft == 0)
        {
            throw new SimulatedCrashException();
        }
    }

    private void BeginTurns()
    {
        _nextTickMs = Clock.MonotonicMs(_world.Now) + _chance.Between(0, _plan.Replica.TickMilliseconds);
        ScheduleTick();
        BeginRest();
    }

    private void ForgetTurns()
    {
        _inbox.Clear();
        _waiting.Clear();
        _answers.Clear();
        ReceivesSnapshot = false;
        (_turnIsDue, _tickIsDue, _runIsDue, _diskIsBusy) = (false, false, false, false);
        (_stepsLeft, _underWay, _givenUp, _refused, _refusedVersion) = (0, 0, null, null, null);
        (_stopStartedMs, _handedOverMs) = (-1, long.MinValue / 2);
    }

    private void Continue()
    {
        ScheduleTurn();
        ScheduleRun();
        BeginRest();
        if (_tickIsDue)
        {
            TakeTurn();
        }
    }

    private void ScheduleTurn()
    {
        if (!_turnIsDue && !IsPaused)
        {
            _turnIsDue = true;
            int longest = Fires(_plan.Knobs.DelaysTurns) ? LateTurnUs : _plan.MaxTurnDelayUs;
            _world.Agenda.Add(_world.Now + 2 + _chance.Below(longest), EventKind.Turn, Id, life: Life);
        }
    }

    private void ScheduleTick()
    {
        long due = Math.Max(_world.Now + 1, Clock.WhenMonotonic(_nextTickMs));
        long late = Fires(_plan.Knobs.DelaysTicks) ? _chance.Between(1, LongestLateTickUs) : 0;
        _world.Agenda.Add(due + late, EventKind.Tick, Id, life: Life);
    }

    /// <summary>Whether a knob that is on fires at this use: in a quarter of them, until there is peace.</summary>
    private bool Fires(bool knobIsOn) => knobIsOn && !_world.Network.IsCalm(Id) && _chance.Percent(25);
}
