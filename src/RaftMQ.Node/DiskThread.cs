using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Node;

/// <summary>
/// The thread that writes and flushes: everything that waits is written, then made durable with one sync (group commit), then reported. Reads come after
/// that, and the preparation of the next segments when there is nothing else to do. A failed write or sync ends the node.
/// </summary>
internal sealed class DiskThread
{
    private const int IdleMs = 50;

    private readonly IFileSystem _files;
    private readonly WriteAheadLog _log;
    private readonly Inbox<ReplicaInput> _replica;
    private readonly Action<Exception> _onFailure;
    private readonly Inbox<object> _inbox = new();
    private readonly Thread _thread;
    private readonly ServerId _server;
    private WalSpace _reportedSpace;
    private volatile bool _stopping;
    private long _syncs;

    public DiskThread(IFileSystem files, WriteAheadLog log, ServerId server, Inbox<ReplicaInput> replica, Action<Exception> onFailure)
    {
        _files = files;
        _log = log;
        _server = server;
        _replica = replica;
        _onFailure = onFailure;
        _thread = new Thread(Run) { IsBackground = true, Name = "raftmq-disk" };
    }

    private sealed record ApplyLoad(LogIndex First, LogIndex Last, int MaxBytes);

    /// <summary>How often batches were made durable. May be read from any thread.</summary>
    public long Syncs => Volatile.Read(ref _syncs);

    public void Start() => _thread.Start();

    public void Persist(PersistBatch batch) => _inbox.Post(batch);

    public void Load(LoadRequest request) => _inbox.Post(request);

    public void LoadForApply(LogIndex first, LogIndex last, int maxBytes) => _inbox.Post(new ApplyLoad(first, last, maxBytes));

    /// <summary>Finishes what was asked so far and ends.</summary>
    public void Stop()
    {
        _stopping = true;
        if (_thread.IsAlive)
        {
            _thread.Join();
        }
    }

    private void Run()
    {
        try
        {
            var work = new List<object>();
            bool moreInBackground = true;
            bool idle = false;
            while (true)
            {
                _inbox.Take(ref work, moreInBackground || _stopping ? 0 : IdleMs);
                if (work.Count == 0 && _stopping)
                {
                    return;
                }

                idle = work.Count == 0;
                if (!idle)
                {
                    Write(work);
                    Read(work);
                    work.Clear();
                }

                moreInBackground = _log.WorkInBackground(idle);
                ReportSpace();
            }
        }
        catch (Exception e)
        {
            _onFailure(e);
        }
    }

    private void Write(List<object> work)
    {
        PersistBatch? last = null;
        ClusterId? birth = null;
        foreach (object item in work)
        {
            if (item is PersistBatch batch)
            {
                _log.Append(batch.Records);
                last = batch;
                birth = batch.Birth ?? birth;
            }
        }

        if (last is null)
        {
            return;
        }

        _log.Sync();
        Volatile.Write(ref _syncs, _syncs + 1);
        if (birth is { } cluster)
        {
            IdentityFile.Write(_files, new ServerIdentity(cluster, _server));
        }

        _replica.Post(new PersistedInput(last.Id));
    }

    private void Read(List<object> work)
    {
        foreach (object item in work)
        {
            switch (item)
            {
                case LoadRequest load:
                    bool stillExists = load.Last <= _log.LastIndex;
                    _replica.Post(new PeerEntriesLoadedInput(load, stillExists ? Read(load.First, load.Last, load.MaxBytes) : default));
                    break;
                case ApplyLoad load:
                    _replica.Post(new ApplyEntriesLoadedInput(load.First, Read(load.First, load.Last, load.MaxBytes)));
                    break;
                default:
                    break;
            }
        }
    }

    private LogEntry[] Read(LogIndex first, LogIndex last, int maxBytes)
    {
        var entries = new List<LogEntry>();
        _log.Read(first, last, maxBytes, entries);
        return [.. entries];
    }

    private void ReportSpace()
    {
        if (_log.Space != _reportedSpace)
        {
            _reportedSpace = _log.Space;
            _replica.Post(new DiskSpaceInput(_reportedSpace));
        }
    }
}
