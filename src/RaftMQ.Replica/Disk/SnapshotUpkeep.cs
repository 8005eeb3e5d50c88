using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;

namespace RaftMQ.Replica.Disk;

/// <summary>Writes snapshots a little at a time, and when a new one is durable gives back what the oldest kept does not need.</summary>
internal sealed class SnapshotUpkeep
{
    /// <summary>How many bodies of a state are listed between two batches.</summary>
    private const int BodiesPerStep = 16_384;

    private readonly ReplicaFolder _folder;
    private readonly List<(LogPosition Snapshot, LiveBodies Live)> _live = [];
    private IEnumerator<BodyReference>? _toList;

    public SnapshotUpkeep(ReplicaFolder folder)
    {
        _folder = folder;
        if (folder.Restored is { } restored)
        {
            _live.Add((restored.Metadata.Last, restored.Live));

            // The last life may have ended before everything was given back.
            Release();
        }
    }

    public bool IsSaving => Snapshots.IsSaving;

    /// <summary>Up to where the log is no longer needed: the oldest kept snapshot contains it.</summary>
    public LogIndex ReleasedUpTo { get; private set; }

    /// <summary>Of how many snapshots it is listed what they refer to; a list is as long as the state.</summary>
    public int Lists => _live.Count;

    public bool HasWork => IsSaving || _folder.Compaction.IsRunning;

    private SnapshotStore Snapshots => _folder.Snapshots;

    public void Begin(SnapshotSave save, int chunkBytes)
    {
        _live.Add((save.Metadata.Last, new LiveBodies()));
        _toList = save.State.Bodies().GetEnumerator();
        Snapshots.Begin(save.Metadata, save.State.Encode(chunkBytes), save.FreesRoom);
    }

    /// <summary>Does a small piece.</summary>
    /// <param name="stepBytes">How much of a snapshot is written in it.</param>
    /// <returns>Once a snapshot has ended its size, 0 if the disk had no room for it; null before.</returns>
    public long? Step(int stepBytes)
    {
        if (_toList is not null)
        {
            ListBodies();
        }
        else if (IsSaving)
        {
            return Save(stepBytes);
        }
        else if (_folder.Compaction.IsRunning)
        {
            _folder.Compaction.Step();
        }

        return null;
    }

    /// <summary>What a kept snapshot refers to; null if it is not kept, or not known.</summary>
    public LiveBodies? LiveOf(LogPosition snapshot) =>
        Snapshots.Keeps(snapshot) ? _live.Find(listed => listed.Snapshot == snapshot).Live : null;

    /// <summary>Beside the newest snapshots these are kept, and with what is kept no longer goes what only it needed.</summary>
    public void Keep(IReadOnlyList<LogPosition> underWay)
    {
        Snapshots.Keep(underWay);
        Release();
    }

    /// <summary>The newest is left alone, and what only those before it needed goes.</summary>
    public void DropOlder()
    {
        Snapshots.DropOlder();
        Release();
    }

    /// <summary>A snapshot from elsewhere takes the place of everything: what is under way is left, or goes on if there is no room for the other.</summary>
    public void Replace(RestoredState state, Action install)
    {
        _folder.Compaction.End();
        try
        {
            install();
        }
        catch (DiskFullException)
        {
            Compact();
            throw;
        }

        _toList?.Dispose();
        _toList = null;
        _live.Clear();
        _live.Add((state.Metadata.Last, state.Live));
    }

    private void ListBodies()
    {
        LiveBodies live = _live[^1].Live;
        for (int i = 0; i < BodiesPerStep; i++)
        {
            if (!_toList!.MoveNext())
            {
                _toList.Dispose();
                _toList = null;
                return;
            }

            live.Add(new LogIndex(_toList.Current.Index), _toList.Current.Offset + _toList.Current.Length);
        }
    }

    private long? Save(int stepBytes)
    {
        if (!Snapshots.Step(stepBytes, out long savedBytes))
        {
            return null;
        }

        if (savedBytes == 0)
        {
            _live.RemoveAt(_live.Count - 1);
            return 0;
        }

        Release();
        return savedBytes;
    }

    private void Release()
    {
        ForgetGone();
        if (Snapshots.ReleasableUpTo > ReleasedUpTo)
        {
            ReleasedUpTo = Snapshots.ReleasableUpTo;
            Compact();
        }
    }

    /// <summary>Lists go with their snapshots, also while an older one that is on its way to somebody holds back what may be released.</summary>
    private void ForgetGone()
    {
        int written = IsSaving ? _live.Count - 1 : _live.Count;
        for (int at = written - 1; at >= 0; at--)
        {
            if (!Snapshots.Keeps(_live[at].Snapshot))
            {
                _live.RemoveAt(at);
            }
        }
    }

    /// <summary>What the oldest kept snapshot refers to is live below its end: later states refer to no others there.</summary>
    private void Compact()
    {
        if (_live.Count > 0 && _live[0].Snapshot.Index == Snapshots.ReleasableUpTo)
        {
            _folder.Compaction.Begin(_live[0].Snapshot.Index, _live[0].Live);
        }
    }
}
