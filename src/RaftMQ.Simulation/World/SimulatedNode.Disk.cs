using RaftMQ.Replica;
using RaftMQ.Replica.Disk;
using RaftMQ.Simulation.Disk;
using RaftMQ.Simulation.Runs;
using RaftMQ.Storage;

namespace RaftMQ.Simulation.World;

/// <summary>The process's disk thread: takes all the work that waits at once (group commit), does it, answers after as long as disks take, and prepares in idle moments.</summary>
internal sealed partial class SimulatedNode
{
    private const long IdleUs = 50_000;

    private readonly List<DiskWork> _waiting = [];
    private readonly List<DiskWork> _taken = [];
    private readonly List<ReplicaInput> _answers = [];
    private ReplicaDisk? _worker;
    private bool _runIsDue;
    private bool _diskIsBusy;
    private ulong _idleTurn;
    private long _restsSince;
    private ulong _answer;
    private long _stalledUntil;
    private long _failuresBefore;

    /// <summary>How long a sync takes here at the mean, in microseconds.</summary>
    public long SyncUs { get; set; } = Plan.HealthySyncUs;

    /// <summary>Whether the disk has had nothing to do for so long that production has marked its log as synced, with a margin.</summary>
    public bool DiskRests => IsRunning && !IsPaused && !_diskIsBusy && _waiting.Count == 0 && _world.Now - _restsSince > 2 * IdleUs;

    /// <summary>The disk takes no work for a while, so that much is then written at once.</summary>
    public void StallDisk(long length) => _stalledUntil = _world.Now + length;

    public void RunDisk(in Appointment due)
    {
        if (due.Life != Life || !IsRunning)
        {
            return;
        }

        bool isIdle = due.Other == 1;
        if (!isIdle)
        {
            _runIsDue = false;
        }

        bool isVoid = IsPaused || _diskIsBusy || (isIdle && (due.OtherLife != _idleTurn || _waiting.Count > 0));
        if (!isVoid)
        {
            DoDiskWork();
        }
    }

    /// <summary>The node's requests under way take so much of its memory from now on, until it starts anew.</summary>
    public void HoldInBuffers(long bytes)
    {
        if (Replica is { } replica)
        {
            replica.BufferBytes = bytes;
        }
    }

    /// <summary>What is under way at a slow disk that has become a healthy one takes no longer than it takes there.</summary>
    public void HastenDisk()
    {
        _stalledUntil = 0;
        if (_diskIsBusy)
        {
            AnswerIn(SyncUs);
        }
        else if (_runIsDue)
        {
            _world.Agenda.Add(_world.Now + 2, EventKind.DiskRun, Id, life: Life);
        }
    }

    public void AnswerDisk(in Appointment due)
    {
        if (due.Life != Life || !IsRunning || due.OtherLife != _answer)
        {
            return;
        }

        _diskIsBusy = false;
        foreach (ReplicaInput answer in _answers)
        {
            Post(answer);
        }

        _answers.Clear();
        if (_waiting.Count > 0)
        {
            ScheduleRun();
        }
        else
        {
            BeginRest();
        }
    }

    private void BeginRest()
    {
        _restsSince = _world.Now;
        ScheduleIdle();
    }

    private void DoDiskWork()
    {
        int count = _plan.DiskTakesOne || Fires(_plan.Knobs.ShortensDiskRuns) ? Math.Min(1, _waiting.Count) : _waiting.Count;
        _taken.Clear();
        _taken.AddRange(_waiting.GetRange(0, count));
        _waiting.RemoveRange(0, count);
        bool isIdle = count == 0;
        try
        {
            long syncs = _worker!.Syncs;
            _worker.Do(_taken, _answers);
            NoteSynced(from: 0);
            if (_worker.Syncs > syncs)
            {
                // Of batches: with what else is synced a mark may be there already, and that is not a part of what it marks.
                Disk.NoteLogEnd();
            }

            foreach (ReplicaInput answer in _answers)
            {
                if (answer is SnapshotInstalledInput installed)
                {
                    _world.Ghost.OnInstalled(this, installed.State.Metadata.Last);
                }
            }

            int known = _answers.Count;
            bool more = _worker.WorkInBackground(isIdle, _answers);
            NoteSynced(known);
            if (isIdle && _answers.Count == 0)
            {
                ScheduleIdle(more ? 200 : IdleUs);
                return;
            }
        }
        catch (SimulatedCrashException)
        {
            Die(powerIsLost: _world.Faults.LosesPowerWithTheDisk());
            return;
        }
        catch (StorageDamagedException damage)
        {
            OnDamageMet(damage);
            return;
        }
        catch (StorageRefusedException refused)
        {
            OnVersionRefused(refused.Message);
            return;
        }
        catch (Exception e) when (e is StorageFailedException or IOException)
        {
            RequireCause(e);
            End(e.Message);
            return;
        }
        catch (Exception e)
        {
            _world.Findings.Report("I22", $"the disk of node {Id} ends: {e}");
            return;
        }

        _diskIsBusy = true;
        AnswerIn(isIdle ? 50 : 20 + _chance.Exponential(SyncUs));
    }

    private void AnswerIn(long latency) => _world.Agenda.Add(_world.Now + latency, EventKind.DiskAnswer, Id, life: Life, otherLife: ++_answer);

    private void NoteSynced(int from)
    {
        for (int i = from; i < _answers.Count; i++)
        {
            if (_answers[i] is PersistedInput persisted)
            {
                _world.Ghost.OnSynced(this, persisted.Batch);
            }
        }
    }

    /// <summary>A process gives up for the sake of its disk only if the disk has failed it in this life, or cannot be read.</summary>
    private void RequireCause(Exception failure)
    {
        _world.Findings.Checks++;
        if (Disk.Failures == _failuresBefore && !Disk.IsHarmed)
        {
            _world.Findings.Report("I22", $"node {Id} ends although its disk has done all that it was asked for: {failure}");
        }
    }

    /// <summary>The disk's thread wakes up a moment after it was asked; what has come by then is done together.</summary>
    private void ScheduleRun()
    {
        if (!_runIsDue && !_diskIsBusy && !IsPaused && _waiting.Count > 0)
        {
            _runIsDue = true;
            long wakesUpAt = _world.Now + 2 + _chance.Exponential(SyncUs / 4);
            _world.Agenda.Add(Math.Max(wakesUpAt, _stalledUntil), EventKind.DiskRun, Id, life: Life);
        }
    }

    private void ScheduleIdle(long wait = IdleUs) =>
        _world.Agenda.Add(
            _world.Now + (Fires(_plan.Knobs.HastensIdleWork) ? _chance.Between(1, wait) : wait), EventKind.DiskRun, Id, other: 1, life: Life, otherLife: ++_idleTurn);
}
