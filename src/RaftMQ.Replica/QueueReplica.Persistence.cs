using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica;

/// <summary>What goes to disk, and the messages that wait for it (Figure 2: "updated on stable storage before responding").</summary>
public sealed partial class QueueReplica
{
    private readonly Queue<(ulong Batch, Term Term, LogPosition Last, long GivenMs)> _batchesUnderWay = new();
    private readonly Queue<(ulong Batch, Message Message)> _sendAfterPersist = new();

    /// <summary>A disk that takes so long for a batch stands still; one that is only slow is waited for.</summary>
    private const int StillDiskMs = 1_000;

    /// <summary>No more messages wait for a disk that stands still: each is one that Raft asks for again.</summary>
    private const int MaxWaitingForDisk = 4_096;

    private ulong _lastBatch;
    private ClusterId? _birthToPersist;

    private void PersistOutput()
    {
        if (_output.HasPersist)
        {
            LogEntry[] entries = [.. _output.Append];
            if (entries.Length > 0)
            {
                _clock.Observe(entries[^1].Time);
            }

            _lastBatch++;
            _batchesUnderWay.Enqueue((_lastBatch, _core.CurrentTerm, _core.Log.Last, _nowMs));
            _ports.AskDisk(new PersistBatch(_lastBatch, new WalBatch(_output.HardState, _output.TruncateFrom, entries), _birthToPersist));
            _birthToPersist = null;
        }

        foreach (Message message in _output.SendAfterPersist)
        {
            SendAfterPersist(message);
        }
    }

    private void SendAfterPersist(Message message)
    {
        if (_batchesUnderWay.Count == 0)
        {
            _ports.Send(new RaftPeerMessage(message));
        }
        else if (_sendAfterPersist.Count < MaxWaitingForDisk)
        {
            _sendAfterPersist.Enqueue((_lastBatch, message));
        }
    }

    /// <summary>
    /// What need not wait for the disk waits for the birth all the same: whoever hears from a server takes it for born, and one that lost its birth to a crash would never be handed it again.
    /// </summary>
    private void SendWhenBorn(Message message)
    {
        if (IsNewborn)
        {
            SendAfterPersist(message);
        }
        else
        {
            _ports.Send(new RaftPeerMessage(message));
        }
    }

    private void OnPersisted(PersistedInput persisted)
    {
        ulong batch = persisted.Batch;
        _roomBytes = persisted.RoomBytes;
        Term term = default;
        LogPosition last = default;
        bool any = false;
        while (_batchesUnderWay.TryPeek(out (ulong Batch, Term Term, LogPosition Last, long GivenMs) first) && first.Batch <= batch)
        {
            _batchesUnderWay.Dequeue();
            (term, last, any) = (first.Term, first.Last, true);
        }

        Invariant.Require(any, "the disk completes batches in order, and each once");
        while (_sendAfterPersist.TryPeek(out (ulong Batch, Message Message) waiting) && waiting.Batch <= batch)
        {
            _sendAfterPersist.Dequeue();
            _ports.Send(new RaftPeerMessage(waiting.Message));
        }

        _core.OnPersisted(term, last);
        OnBirthPersisted();
    }

    /// <summary>For how long the oldest batch has been with the disk.</summary>
    private long WaitsForDiskMs => _batchesUnderWay.TryPeek(out (ulong Batch, Term Term, LogPosition Last, long GivenMs) first) ? _nowMs - first.GivenMs : 0;

    /// <summary>
    /// What is decided elsewhere comes here late or not at all for now, since a leader brings this node up by a snapshot, or since its own disk stands still: clients are refused, who would wait
    /// for their deadline and then not know.
    /// </summary>
    private bool IsHeldUp => _core.IsBroughtUp || WaitsForDiskMs >= Math.Max(StillDiskMs, ElectionTimeoutMs);

    /// <summary>The batch that another server has and this server's disk still lacks, and since when that is so.</summary>
    private (ulong Batch, long SinceMs) _outrun;

    /// <summary>
    /// A leader need not have on its own disk what a majority has (thesis §10.2.1), so one whose disk stands still could go on leading until what is in memory no longer fits, or for ever if it
    /// has to bring others up from that disk. Where the others' disks are no better nothing would be gained by another leader: it hands over when one of them, that a majority beside this server
    /// can elect, has been ahead of it for long. A full disk does not stand still, and is looked after elsewhere.
    /// </summary>
    private void TendStillDisk()
    {
        bool isOutrun = _core.Role == Role.Leader && _space != WalSpace.Exhausted
            && _batchesUnderWay.TryPeek(out (ulong Batch, Term Term, LogPosition Last, long GivenMs) oldest) && IsSomebodyAhead(oldest.Last.Index);
        if (!isOutrun)
        {
            _outrun = default;
            return;
        }

        ulong batch = _batchesUnderWay.Peek().Batch;
        _outrun = _outrun.Batch == batch ? _outrun : (batch, _nowMs);
        long stillMs = _nowMs - _outrun.SinceMs;
        if (stillMs >= ElectionTimeoutMs && _core.TransferLeadership(null))
        {
            _ports.Report(EventLevel.Warning, $"the disk of this node has stood still for {stillMs} ms and those of others go on: handing leadership over");
        }
    }

    /// <summary>Whether somebody who can be elected without this server has all up to here.</summary>
    private bool IsSomebodyAhead(LogIndex last)
    {
        bool any = false;
        foreach (PeerProgress peer in _core.Peers)
        {
            any |= peer.MatchIndex >= last && _core.MayTakeOver(peer);
        }

        // Who answers heartbeats only, while its own disk stands still as well, could not vote.
        return any && Quorum.IsMajority(
            _core.Membership!, voter => _core.Peers.Any(peer => peer.Server == voter && _core.IsActive(peer) && peer.WaitingTicks < _core.ElectionTimeoutTicks));
    }
}
