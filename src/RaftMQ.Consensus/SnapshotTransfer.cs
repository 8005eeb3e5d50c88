using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>
/// A leader's view of a snapshot on its way to one follower (§7). The snapshot is fixed for the whole transfer, and one piece is on the way at a time. The follower's answers say
/// where to go on; each of them repeats the number of what it answers, so that a late one turns nothing back and a piece that is lost is told from one that is still on its way.
/// </summary>
public sealed class SnapshotTransfer
{
    private ulong _pieceNumber;
    private long _pieceEnd;

    internal SnapshotTransfer(LogPosition snapshot) => Snapshot = snapshot;

    /// <summary>The last entry that the snapshot covers.</summary>
    public LogPosition Snapshot { get; }

    /// <summary>How many bytes of it the follower has on disk, as far as is known: the next piece begins here.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether a piece is on the way or being written there.</summary>
    public bool PieceIsOut { get; private set; }

    /// <summary>Ticks since it began.</summary>
    internal int Ticks { get; set; }

    /// <summary>Ticks since it came further.</summary>
    internal int StillTicks { get; set; }

    /// <summary>What the owner was asked to load and has not answered yet.</summary>
    internal SnapshotLoad? Loading { get; set; }

    internal bool WantsPiece => !PieceIsOut && Loading is null;

    internal void OnSent(ulong number, int bytes)
    {
        (_pieceNumber, _pieceEnd) = (number, Offset + bytes);
        PieceIsOut = true;
    }

    /// <summary>Takes in an answer that is not older than the last.</summary>
    /// <returns>False if the follower knows nothing of what this transfer has sent: it begins anew.</returns>
    internal bool OnAnswered(InstallSnapshotResponse answer)
    {
        if (answer.IsBusy)
        {
            // The piece is with the disk there; sent again it would only be dropped.
            return true;
        }

        if (answer.NextOffset == Offset || answer.NextOffset > _pieceEnd)
        {
            // Beyond what was sent is what is left there of an earlier transfer of the same snapshot, and is as good as nothing: this one has begun anew.
            // Asked after the piece had left, and it is not there: it is lost. An answer to what left before says nothing of it.
            PieceIsOut &= answer.Number <= _pieceNumber;
            return true;
        }

        if (answer.NextOffset == 0)
        {
            return false;
        }

        StillTicks = answer.NextOffset > Offset ? 0 : StillTicks;
        Offset = answer.NextOffset;
        PieceIsOut = false;
        Loading = null;
        return true;
    }
}
