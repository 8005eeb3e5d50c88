using RaftMQ.Replica;
using RaftMQ.Replica.Disk;
using RaftMQ.Storage.Files;

namespace RaftMQ.Node;

/// <summary>
/// The thread that writes and flushes: it does all the work that waits in one go (<see cref="ReplicaDisk"/>), and prepares the next segments when there is nothing
/// else to do. A failure ends the node.
/// </summary>
internal sealed class DiskThread
{
    /// <summary>After so long without work the disk is idle, and so long is an idle moment.</summary>
    public const int IdleMs = 50;

    private readonly ReplicaDisk _disk;
    private readonly BudgetedFileSystem _files;
    private readonly Inbox<ReplicaInput> _replica;
    private readonly Action<Exception> _onFailure;
    private readonly Inbox<DiskWork> _inbox = new();
    private readonly Thread _thread;
    private volatile bool _stopping;
    private long _syncs;
    private long _folderBytes;

    public DiskThread(ReplicaDisk disk, BudgetedFileSystem files, Inbox<ReplicaInput> replica, Action<Exception> onFailure)
    {
        _disk = disk;
        _files = files;
        _folderBytes = files.UsedBytes;
        _replica = replica;
        _onFailure = onFailure;
        _thread = new Thread(Run) { IsBackground = true, Name = "raftmq-disk" };
    }

    /// <summary>How often batches were made durable. May be read from any thread.</summary>
    public long Syncs => Volatile.Read(ref _syncs);

    /// <summary>What the data folder takes. May be read from any thread.</summary>
    public long FolderBytes => Volatile.Read(ref _folderBytes);

    public void Start() => _thread.Start();

    public void Post(DiskWork work) => _inbox.Post(work);

    /// <summary>Finishes what was asked so far and ends.</summary>
    public void Stop()
    {
        _stopping = true;
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _disk.Dispose();
    }

    private void Run()
    {
        try
        {
            var work = new List<DiskWork>();
            var done = new List<ReplicaInput>();
            bool moreInBackground = true;
            long restsSince = Environment.TickCount64;
            while (true)
            {
                _inbox.Take(ref work, moreInBackground || _stopping ? 0 : IdleMs);
                if (work.Count == 0 && _stopping)
                {
                    return;
                }

                // A moment, and not a turn: while a snapshot is written these come one after the other.
                long now = Environment.TickCount64;
                bool idle = work.Count == 0 && now - restsSince >= IdleMs;
                restsSince = work.Count > 0 || idle ? now : restsSince;
                _disk.Do(work, done);
                work.Clear();
                Volatile.Write(ref _syncs, _disk.Syncs);
                Report(done);
                moreInBackground = _disk.WorkInBackground(idle, done);
                Volatile.Write(ref _folderBytes, _files.UsedBytes);
                Report(done);
            }
        }
        catch (Exception e)
        {
            _onFailure(e);
        }
    }

    private void Report(List<ReplicaInput> done)
    {
        foreach (ReplicaInput input in done)
        {
            _replica.Post(input);
        }

        done.Clear();
    }
}
