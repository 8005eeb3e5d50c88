using RaftMQ.Consensus;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica;

/// <summary>
/// The room on this node's disk (design, storage rule 9), and in its memory. Publishes are refused while there is still room for everything else: for what is under way, for the log's reserve,
/// and for a snapshot, since only with one is the room given back that consumed messages had. A leader whose own disk is the trouble hands over.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>How fast snapshots may be written that are taken for want of room, in bytes a millisecond.</summary>
    private const int FreeingBytesPerMs = 8 * 1024;

    private const int ShortestFreeingPauseMs = 1_000;

    /// <summary>No sooner does a node hand over a second time for want of room: two that are full to the brim, each with room for a message now and then, would do nothing else.</summary>
    private const int BetweenRoomHandOversMs = 5_000;

    private long _noRoomHandOverBeforeMs;

    private WalSpace _space;
    private WalSpace _reportedSpace;
    private long _roomBytes = long.MaxValue;

    /// <summary>Room that was too small for a publish by itself: what is no larger is none.</summary>
    private long _tooSmallRoomBytes;
    private long _reservedBytes;
    private long? _diskBudgetBytes;

    /// <summary>What this node's disk, or its budget of it, has room for behind what is written, as it was last told.</summary>
    public long RoomBytes => _roomBytes;

    /// <summary>
    /// About what this node holds in memory: the state, the end of the log, and what its owner says of its buffers. Of what is bounded by itself (bodies being read or sent, connections)
    /// nothing is in it, nor of the program.
    /// </summary>
    public long MemoryBytes => _machine.MemoryBytes + _core.Log.MemoryBytes + BufferBytes;

    /// <summary>What the owner holds for requests, in bytes.</summary>
    public long BufferBytes { get; set; }

    private bool IsShortOfMemory => MemoryBytes >= _options.MemoryBudgetBytes;

    /// <summary>Whether publishes are refused here for want of room.</summary>
    private bool IsShortOfRoom => _space != WalSpace.Ample || _roomBytes <= _tooSmallRoomBytes;

    private long FreeingPauseMs => Math.Max(ShortestFreeingPauseMs, _lastSnapshotBytes / FreeingBytesPerMs);

    private void OnDiskSpace(DiskSpaceInput input)
    {
        (_space, _roomBytes, _diskBudgetBytes) = (input.Space, input.RoomBytes, input.BudgetBytes);

        // What there is no room for stays un-acknowledged and is sent again once there is (design, storage rule 9).
        _core.TakesEntries = _space != WalSpace.Exhausted;
        ReportRoom();
    }

    private void ReportRoom()
    {
        WalSpace space = _space == WalSpace.Exhausted ? _space : IsShortOfRoom ? WalSpace.ReserveOnly : WalSpace.Ample;
        if (space == _reportedSpace)
        {
            return;
        }

        _reportedSpace = space;
        string text = space switch
        {
            WalSpace.Ample => "has room again: publishes are taken",
            WalSpace.ReserveOnly => "is full but for the reserve: publishes are refused, everything else goes on; free some space",
            _ => "is full and the reserve is used up: nothing more is taken in; free some space",
        };
        string what = _diskBudgetBytes is { } budget ? $"the disk, of which {budget} bytes may be taken," : "the disk";
        _ports.Report(space == WalSpace.Ample ? EventLevel.Information : EventLevel.Warning, $"{what} {text}");
    }

    /// <summary>What is under way to the disk must fit it, too: it was accepted and can only wait.</summary>
    private bool FitsTheDisk(PendingCommand request)
    {
        (int entries, long bytes) = _core.Uncommitted;
        return bytes + request.Command.Length + ((entries + 1L) * WriteAheadLog.RecordOverheadBytes) <= _roomBytes;
    }

    /// <summary>A publish has found no room although nothing else was under way. This node is full, although smaller ones may fit: it stays so until there is more.</summary>
    private void NoteTooSmallRoom(PendingCommand request)
    {
        bool isTooSmall = _core.Uncommitted.Entries == 0 && !FitsTheDisk(request);
        _tooSmallRoomBytes = isTooSmall ? Math.Max(_tooSmallRoomBytes, _roomBytes) : _tooSmallRoomBytes;
    }

    private LimitReached OwnRoomLimit => _diskBudgetBytes is { } budget ? new LimitReached(NodeLimit.DiskBudget, budget) : new LimitReached(NodeLimit.Disk, 0);

    /// <summary>Why a request that the disk had no room for was refused: for this node's own disk, or for those of a majority.</summary>
    private LimitReached RoomLimit(PendingCommand request)
    {
        bool isOwn = IsShortOfRoom || !FitsTheDisk(request);
        return isOwn ? OwnRoomLimit : new LimitReached(NodeLimit.NodesWithRoom, _core.Membership!.Majority);
    }

    private void TendRoom()
    {
        _tooSmallRoomBytes = _roomBytes > _tooSmallRoomBytes ? 0 : _tooSmallRoomBytes;
        ReportRoom();

        // About as much as the next snapshot takes: it need not be told with every message.
        long needed = SnapshotStore.FileBytesOf(_machine.MostSnapshotBytes);
        if (needed > _reservedBytes || needed < _reservedBytes / 2)
        {
            _reservedBytes = needed + (needed / 8);
            _ports.AskDisk(new RoomReserved(_reservedBytes));
        }

        _core.AcceptsPublishes = !IsShortOfRoom && !IsShortOfMemory;

        // Buffers are emptied in no time: only what no other leader would be rid of either is a reason to look for one that may hold more.
        bool lasts = IsShortOfRoom || _machine.MemoryBytes >= _options.MemoryBudgetBytes;
        if (!lasts || _core.Role != Role.Leader || _nowMs < _noRoomHandOverBeforeMs)
        {
            return;
        }

        Membership membership = _core.Membership!;
        PeerProgress? heir = null;
        var writable = new HashSet<ServerId>();
        foreach (PeerProgress peer in _core.Peers)
        {
            bool hasRoom = peer.AcceptsPublishes && _core.IsActive(peer) && membership.NewVoters.Contains(peer.Server);
            _ = hasRoom && writable.Add(peer.Server);
            heir = hasRoom && peer.IsReplicating && (heir is null || peer.MatchIndex > heir.MatchIndex) ? peer : heir;
        }

        // Without this server there must be a majority that can write: else nothing is gained.
        if (heir is not null && Quorum.IsMajority(membership, writable.Contains) && _core.TransferLeadership(heir.Server.Node))
        {
            _noRoomHandOverBeforeMs = _nowMs + BetweenRoomHandOversMs;
            string what = IsShortOfRoom ? "the disk" : "the memory budget";
            _ports.Report(EventLevel.Warning, $"{what} of this node is full and those of a majority are not: handing leadership over to node {heir.Server.Node}");
        }
    }
}
