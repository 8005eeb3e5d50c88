using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Tests;

/// <summary>A command whose end the test can see.</summary>
internal sealed class TestCommand(ReadOnlyMemory<byte> command, QueueCommandHeader header) : PendingCommand(command, header)
{
    public bool IsDone { get; set; }

    public uint AskedOf { get; set; }
}

/// <summary>A backup whose pieces the test can see.</summary>
internal sealed class TestBackup : PendingBackup
{
    public int Answers { get; set; }
}

/// <summary>A change of the members whose end the test can see.</summary>
internal sealed class TestChange(ClusterChange change) : PendingChange(change)
{
    public bool IsDone { get; set; }
}

/// <summary>A topics request whose end the test can see.</summary>
internal sealed class TestTopicRead : PendingTopicRead;

/// <summary>One node of the world: a disk that outlives it, and while it runs a log and a replica.</summary>
internal sealed class WorldNode(World world, uint id, ReplicaOptions options) : IReplicaPorts
{
    private readonly List<DiskWork> _work = [];
    private readonly HashSet<uint> _links = [];
    private WriteAheadLog? _log;
    private ReplicaDisk? _disk;
    private QueueReplica? _replica;
    private ServerIdentity _identity;
    private string? _givenUp;
    private bool _refused;
    private bool _dirty;

    public static WalOptions WalOptions { get; } = new() { SegmentBytes = 64 * 1024, MaxPayloadBytes = 16 * 1024 };

    public uint Id { get; } = id;

    public SimulatedDisk Disk { get; private set; } = new((ulong)id);

    /// <summary>What the folder may take of the disk from the next start on; null for all of it.</summary>
    public long? DiskBudgetBytes { get; set; }

    /// <summary>What its program understands from the next start on: another program, as an upgrade brings it.</summary>
    public ClusterVersions Understands { get; set; } = ClusterVersions.OfThisProgram;

    public bool IsRunning => _replica is not null;

    public QueueReplica Replica => _replica!;

    public List<string> Reports { get; } = [];

    /// <summary>While held, the disk completes nothing.</summary>
    public bool DiskIsHeld { get; set; }

    /// <summary>While held, snapshots come no further.</summary>
    public bool UpkeepIsHeld { get; set; }

    /// <summary>How many snapshots the replica has asked its disk for.</summary>
    public int SnapshotsAsked { get; private set; }

    public void Start()
    {
        IFileSystem files = DiskBudgetBytes is { } budget ? new BudgetedFileSystem(Disk, budget, (WalOptions.SpareSegments + 1L) * WalOptions.SegmentBytes) : Disk;
        ReplicaFolder folder = ReplicaFolder.Open(files, new NodeId(Id), WalOptions, world.DrawId, null, understands: Understands);
        _identity = folder.Identity;
        _log = folder.Log;
        _disk = new ReplicaDisk(files, folder);
        Reports.AddRange(folder.Damage);
        _replica = new QueueReplica(
            options with { Understands = Understands, Seed = world.DrawId(), FreshCluster = new ClusterId(new UInt128(world.DrawId(), world.DrawId())) }, _identity, folder.Recovered,
            folder.Restored, world.Clocks, this);
        _dirty = true;
    }

    /// <summary>Stops it between two steps, as kill -9 does: what was not synced may or may not be on disk.</summary>
    public void Kill()
    {
        _replica = null;
        _log = null;
        _work.Clear();
        _links.Clear();
        Disk.Crash();
        foreach (WorldNode other in world.Running)
        {
            other.LoseLink(this);
        }
    }

    public void Wipe()
    {
        Disk = new SimulatedDisk(world.DrawId());
    }

    /// <summary>Does what its owner does with a damaged folder.</summary>
    public string? SetAside() => DamagedFolder.SetAside(Disk, new NodeId(Id), options, WalOptions, "a byte is wrong");

    /// <summary>Puts another disk in, for instance one that was taken out before.</summary>
    public void UseDisk(SimulatedDisk disk) => Disk = disk;

    public void LoseLink(WorldNode peer)
    {
        if (_links.Remove(peer.Id) && IsRunning)
        {
            Handle(new LinkDownInput(peer._identity.Server));
        }
    }

    public void TendLinks()
    {
        foreach (WorldNode other in world.Nodes.Where(other => other.Id != Id))
        {
            bool canLink = world.IsLinked(Id, other.Id);
            bool sameCluster = canLink && (!other._identity.Cluster.IsBorn || !_identity.Cluster.IsBorn || other._identity.Cluster == _identity.Cluster);
            if (canLink && !_links.Contains(other.Id))
            {
                Handle(new PeerMetInput(other.Replica.Identity));
                if (sameCluster)
                {
                    _links.Add(other.Id);
                    Handle(new LinkUpInput(other._identity.Server, other.Understands));
                }
            }
            else if (canLink && !sameCluster)
            {
                _links.Remove(other.Id);
            }
            else if (!canLink)
            {
                // A cut is silent; only a process that is gone is noticed at once.
                _links.Remove(other.Id);
            }
        }
    }

    public void Handle(ReplicaInput input)
    {
        if (IsRunning && _givenUp is null)
        {
            _replica!.Handle(input);
            _dirty = true;
        }
    }

    /// <summary>Ends the turn and lets the disk complete what it was given.</summary>
    /// <returns>Whether anything happened.</returns>
    public bool EndTurn()
    {
        bool moved = _dirty || _replica!.HasWork;
        if (moved)
        {
            _dirty = false;
            _replica!.EndTurn();
        }

        if (_givenUp is not null)
        {
            BeginNewLife();
            return true;
        }

        if (_refused)
        {
            _refused = false;
            Kill();
            return true;
        }

        if (!DiskIsHeld && _work.Count > 0)
        {
            DoDiskWork();
            moved = true;
        }

        _identity = _replica!.Identity;
        return moved;
    }

    public TestCommand Submit(byte[] command)
    {
        QueueCommandCodec.TryReadHeader(command, out QueueCommandHeader header).ShouldBeTrue();
        var request = new TestCommand(command, header);
        Handle(new CommandInput(request));
        return request;
    }

    public TestChange Change(ClusterChange change)
    {
        var request = new TestChange(change);
        Handle(new ChangeInput(request));
        return request;
    }

    public TestTopicRead AskTopics()
    {
        var request = new TestTopicRead();
        Handle(new TopicReadInput(request));
        return request;
    }

    /// <summary>Lets an idle moment of the disk pass, in which it looks for room again.</summary>
    public void RestDisk()
    {
        var done = new List<ReplicaInput>();
        _disk!.WorkInBackground(idle: true, done);
        done.ForEach(Handle);
    }

    public string Describe() => IsRunning
        ? $"node {Id}: {Replica.Core.Role} term {Replica.Core.CurrentTerm} leader {Replica.Core.Leader} log {Replica.Core.Log.Last} commit {Replica.Core.CommitIndex} "
          + $"applied {Replica.AppliedIndex} member {Replica.IsMember} cluster {Replica.Identity.Cluster.IsBorn}; {string.Join(" | ", Reports.TakeLast(4))}"
        : $"node {Id}: down";

    private void DoDiskWork()
    {
        DiskWork[] work = [.. _work];
        var done = new List<ReplicaInput>();
        _work.Clear();
        _disk!.Do(work, done);
        while (!UpkeepIsHeld && _disk.WorkInBackground(idle: false, done))
        {
        }

        done.ForEach(Handle);
    }

    private void BeginNewLife()
    {
        _givenUp = null;
        _log!.Dispose();
        _work.Clear();
        DataFolder.Discard(Disk);
        foreach (WorldNode other in world.Running.Where(other => other.Id != Id))
        {
            other.LoseLink(this);
        }

        _links.Clear();
        Start();
    }

    bool IReplicaPorts.Send(PeerMessage message)
    {
        if (!_links.Contains(message.To.Node.Value))
        {
            return false;
        }

        world.Send(message, _replica is null ? _identity.Cluster : _replica.Identity.Cluster);
        return true;
    }

    void IReplicaPorts.AskDisk(DiskWork work)
    {
        SnapshotsAsked += work is SnapshotSave ? 1 : 0;
        _work.Add(work);
    }

    void IReplicaPorts.Complete(PendingCommand request)
    {
        var command = (TestCommand)request;
        command.IsDone.ShouldBeFalse("a request ends once");
        command.IsDone = true;
    }

    void IReplicaPorts.Complete(PendingTopicRead request) => request.Result.ShouldNotBeNull();

    void IReplicaPorts.Complete(PendingChange request)
    {
        var change = (TestChange)request;
        change.IsDone.ShouldBeFalse("a change ends once");
        change.IsDone = true;
    }

    void IReplicaPorts.Complete(PendingBackup request) => ((TestBackup)request).Answers++;

    void IReplicaPorts.GiveUpBirth(string reason)
    {
        Reports.Add(reason);
        _givenUp = reason;
    }

    void IReplicaPorts.RefuseFolder(string reason)
    {
        Reports.Add(reason);
        _refused = true;
    }

    void IReplicaPorts.RefuseVersion(string reason)
    {
        Reports.Add(reason);
        _refused = true;
    }

    void IReplicaPorts.Report(EventLevel level, string text) => Reports.Add(text);
}
