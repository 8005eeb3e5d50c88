using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Replica.Disk;
using RaftMQ.Simulation.Disk;
using RaftMQ.Simulation.Faults;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;
using RaftMQ.Storage;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Simulation.World;

/// <summary>
/// A machine with a disk, and on it a process that a supervisor keeps alive: it opens its folder as production does, steps a replica in turns and has the disk's work done
/// beside it. It may end between any two steps.
/// </summary>
internal sealed partial class SimulatedNode
{
    private readonly SimulatedWorld _world;
    private readonly Plan _plan;
    private readonly Chance _chance;
    private readonly Chance _ids;
    private ulong _disks;
    private ReplicaFolder? _folder;
    private int _failedStarts;

    public SimulatedNode(SimulatedWorld world, Plan plan, int id)
    {
        _world = world;
        _plan = plan;
        Id = id;
        _chance = plan.Chance.Fork(Purpose.Node + (ulong)id);
        _ids = plan.Chance.Fork(Purpose.Ids + (ulong)id);
        Clock = plan.ClockOf(id);
        Disk = NewDisk();
    }

    public int Id { get; }

    public NodeClock Clock { get; }

    public SimulatedDisk Disk { get; private set; }

    /// <summary>Counts the processes that this node has had; what was agreed for one is void for the next.</summary>
    public ulong Life { get; private set; }

    /// <summary>The replica of the process that runs; null while none does.</summary>
    public QueueReplica? Replica { get; private set; }

    public bool IsRunning => Replica is not null;

    /// <summary>The process stands still; its clocks go on.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Its folder is damaged: it refuses to start until somebody replaces the disk.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Nobody starts it again.</summary>
    public bool StaysDown { get; set; }

    /// <summary>Who it was when it last ran.</summary>
    public ServerIdentity Identity { get; private set; }

    /// <summary>The disk is empty and has had no process yet, so that the next is a new incarnation.</summary>
    public bool HasNewDisk { get; private set; } = true;

    /// <summary>Its disk was lost, and it has not been admitted since.</summary>
    public bool LostItsDisk { get; private set; }

    /// <summary>What the cluster had committed when this process began.</summary>
    public ulong CommittedAtStart { get; private set; }

    /// <summary>A supervisor starts the process, if there is none.</summary>
    public void Start()
    {
        if (IsRunning || IsBroken || StaysDown)
        {
            return;
        }

        Life++;
        _failuresBefore = Disk.Failures;
        try
        {
            string? tail = Disk.List().LastOrDefault(SimulatedDisk.IsLog);
            ReadOnlyMemory<byte> found = tail is null ? default : Disk.Contents(tail);
            ReplicaFolder folder = OpenFolder();
            if (tail is not null && Disk.List().Contains(tail) && !Disk.Contents(tail).Span.SequenceEqual(found.Span))
            {
                // Recovery writes the last segment anew, record by record: what is missing now was no record.
                _world.Reach.Count(Situation.TornTailCut);
            }

            BeginLife(folder);
        }
        catch (SimulatedCrashException)
        {
            _world.Trace.Note(_world.Now, Id, TraceKind.Crash, text: "while starting");
            AfterDeath(MayLosePower());
        }
        catch (StorageDamagedException damage)
        {
            OnDamagedFolder(damage);
        }
        catch (StorageRefusedException refused)
        {
            OnVersionRefused(refused.Message);
        }
        catch (Exception e) when (e is StorageFailedException or IOException)
        {
            OnFailedStart(e);
        }
        catch (Exception e)
        {
            _world.Findings.Report("I22", $"node {Id} failed to start: {e}");
        }
    }

    /// <summary>The process is gone at once, as by kill -9, or the power is.</summary>
    public void Die(bool powerIsLost)
    {
        if (!IsRunning)
        {
            return;
        }

        _world.Trace.Note(_world.Now, Id, powerIsLost ? TraceKind.PowerLoss : TraceKind.Crash, Disk.UnsyncedLogSectors);
        Leave();
        _world.Clients.OnNodeEnded(this);
        AfterDeath(powerIsLost);
    }

    /// <summary>The power goes while no process runs.</summary>
    public void LosePower()
    {
        if (IsRunning)
        {
            Die(powerIsLost: true);
        }
        else
        {
            Disk.Crash();
        }
    }

    /// <summary>The power goes for the last time, and the folder is opened as at any start; then once more, so that what the first opening has shown is seen to be durable.</summary>
    public void RecoverForTheLastTime()
    {
        Understands = _plan.IsOn(FaultKind.Upgrade) ? Upgrades.Newer : Upgrades.Older;
        OpenAfterPowerLoss(_world.Ghost.OnStarted);
        OpenAfterPowerLoss(_world.Ghost.RequireWhole);
    }

    /// <summary>The disk is gone; an empty one is in its place.</summary>
    public void LoseDisk()
    {
        Die(powerIsLost: false);
        Disk = NewDisk();
        HasNewDisk = true;
        LostItsDisk = true;
        IsBroken = false;
        _failedStarts = 0;
        StartIn(_chance.Between(50_000, 2_000_000));
    }

    public void Pause()
    {
        IsPaused = true;
        _world.Trace.Note(_world.Now, Id, TraceKind.Pause);
    }

    public void Resume()
    {
        if (IsPaused)
        {
            IsPaused = false;
            _world.Trace.Note(_world.Now, Id, TraceKind.Resume);
            Continue();
        }
    }

    /// <summary>Who stands in the cluster's seat is admitted.</summary>
    public void NoteAdmission()
    {
        if (LostItsDisk && Replica!.IsMember)
        {
            LostItsDisk = false;
            _world.Reach.Count(Situation.WipedNodeAdmitted);
        }
    }

    public TickInput Clocks() => new(Clock.MonotonicMs(_world.Now), Clock.WallMs(_world.Now));

    private ReplicaFolder OpenFolder()
    {
        // A founder that knows of nobody else would found again with a new disk: it is told what it joins (`serve --join`).
        ClusterId joins = LostItsDisk && _plan.Founders == 1 ? _world.Ghost.Cluster!.Name : ClusterId.None;
        ReplicaFolder folder = ReplicaFolder.Open(Disk, new NodeId((uint)Id), _plan.Wal, DrawId, null, joins, Understands);
        HasNewDisk |= _emptyingWasCutShort && folder.Identity.Server != Identity.Server;
        _emptyingWasCutShort = false;
        return folder;
    }

    private void OpenAfterPowerLoss(Action<SimulatedNode, ReplicaFolder> look)
    {
        LosePower();
        Disk.EndFaults();
        if (IsBroken || _world.Findings.First is not null)
        {
            return;
        }

        try
        {
            ReplicaFolder folder = OpenFolder();
            using WriteAheadLog log = folder.Log;
            look(this, folder);
            Disk.NoteOpened();
            (Identity, HasNewDisk) = (folder.Identity, false);
        }
        catch (StorageDamagedException damage)
        {
            if (IsExplained(damage, "refuses its last start"))
            {
                Refuse(damage.Message);
            }
        }
        catch (Exception e) when (e is StorageFailedException or IOException)
        {
            if (!Disk.IsHarmed)
            {
                _world.Findings.Report("I22", $"node {Id} refuses its last start although nothing on its disk was harmed: {e}");
            }

            Refuse(e.Message);
        }
        catch (Exception e)
        {
            _world.Findings.Report("I22", $"node {Id} fails in its last recovery: {e}");
        }
    }

    private void BeginLife(ReplicaFolder folder)
    {
        _failedStarts = 0;
        _world.Ghost.OnStarted(this, folder);
        Identity = folder.Identity;
        HasNewDisk = false;
        Disk.NoteOpened();
        _folder = folder;
        _worker = new ReplicaDisk(Disk, folder)
        {
            SnapshotChunkBytes = _plan.Knobs.SnapshotChunkBytes,
            SnapshotStepBytes = _plan.Knobs.SnapshotStepBytes,
            ScrubStepBytes = _plan.Knobs.ScrubStepBytes,
            ScrubRestMoments = _plan.Knobs.ScrubRestMoments,
        };
        CommittedAtStart = _world.Ghost.Cluster?.Committed.Last ?? 0;
        ReplicaOptions options = _plan.Replica with { Understands = Understands, Seed = DrawId(), FreshCluster = new ClusterId(new UInt128(DrawId(), DrawId())) };
        Replica = new QueueReplica(options, folder.Identity, folder.Recovered, folder.Restored, Clocks(), this);
        _world.Trace.Note(
            _world.Now, Id, TraceKind.Start, (long)Life, (long)folder.Recovered.HardState.CurrentTerm.Value, (long)folder.Recovered.LastIndex.Value);
        BeginTurns();
        _world.Network.OnStarted(this);
    }

    /// <summary>Everything that only the process had is gone.</summary>
    private void Leave()
    {
        _world.Network.OnEnded(this);
        Replica = null;
        _worker?.Dispose();
        _worker = null;
        _folder?.Dispose();
        _folder = null;
        IsPaused = false;
        ForgetTurns();
    }

    private void AfterDeath(bool powerIsLost)
    {
        if (powerIsLost)
        {
            Disk.Crash();
        }
        else
        {
            Disk.RestartProcess();
        }

        StartIn(20_000 + _chance.Exponential(_plan.RestartUs));
    }

    /// <summary>A disk that fails or is full may be better later; one whose sectors cannot be read is not.</summary>
    private void OnFailedStart(Exception failure)
    {
        _world.Trace.Note(_world.Now, Id, TraceKind.Refused, text: failure.Message);
        RequireCause(failure);
        bool isHopeless = failure is StorageFailedException && Disk.IsHarmed && ++_failedStarts >= 3;
        if (isHopeless)
        {
            Disk.RestartProcess();
            IsBroken = true;
            _world.OnBroken(this);
            return;
        }

        AfterDeath(powerIsLost: false);
    }

    private bool MayLosePower() => _chance.Percent(50) && _plan.IsOn(FaultKind.PowerLoss);

    private void StartIn(long wait) => _world.Agenda.Add(_world.Now + wait, EventKind.Start, Id);

    private SimulatedDisk NewDisk() => new(_plan.Chance.Fork(Purpose.Disks + (ulong)Id).Fork(_disks++).Next())
    {
        FailedSyncsPerMillion = _plan.FailedSyncsPerMillion,
        FailedNameChangesPerMillion = _plan.FailedNameChangesPerMillion,
        ShortWritesPerMillion = _plan.ShortWritesPerMillion,
    };

    /// <summary>64 random bits, never zero: zero stands for nobody.</summary>
    private ulong DrawId() => _ids.Next() | 1;
}
