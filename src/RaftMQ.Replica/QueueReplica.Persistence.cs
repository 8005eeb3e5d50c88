using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica;

/// <summary>What goes to disk, and the messages that wait for it (Figure 2: "updated on stable storage before responding").</summary>
public sealed partial class QueueReplica
{
    private readonly Queue<(ulong Batch, Term Term, LogPosition Last)> _batchesUnderWay = new();
    private readonly Queue<(ulong Batch, Message Message)> _sendAfterPersist = new();
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
            _batchesUnderWay.Enqueue((_lastBatch, _core.CurrentTerm, _core.Log.Last));
            _ports.AskDisk(new PersistBatch(_lastBatch, new WalBatch(_output.HardState, _output.TruncateFrom, entries), _birthToPersist));
            _birthToPersist = null;
        }

        foreach (Message message in _output.SendAfterPersist)
        {
            if (_batchesUnderWay.Count == 0)
            {
                _ports.Send(new RaftPeerMessage(message));
            }
            else
            {
                _sendAfterPersist.Enqueue((_lastBatch, message));
            }
        }
    }

    private void OnPersisted(PersistedInput persisted)
    {
        ulong batch = persisted.Batch;
        _roomBytes = persisted.RoomBytes;
        Term term = default;
        LogPosition last = default;
        bool any = false;
        while (_batchesUnderWay.TryPeek(out (ulong Batch, Term Term, LogPosition Last) first) && first.Batch <= batch)
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
}
