using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>
/// A follower's view of a snapshot that a leader is sending (§7). Its name is the leader, the term and the snapshot: a piece of another transfer, or at another offset than the
/// next, is never mixed with it.
/// </summary>
internal sealed class SnapshotReception
{
    private readonly ServerId _leader;
    private readonly LogPosition _snapshot;
    private ulong _number;
    private ulong _readRound;
    private int _pauseTicks;

    public SnapshotReception(InstallSnapshot first)
    {
        Invariant.Require(first.Offset == 0, "a transfer begins with its first byte");
        (_leader, Term, _snapshot) = (first.From, first.Term, first.Snapshot);
    }

    public Term Term { get; }

    /// <summary>How many bytes of the snapshot are on disk here.</summary>
    public long NextOffset { get; private set; }

    /// <summary>For how many ticks nothing has come of it, and the disk has had nothing to do.</summary>
    public int StillTicks { get; private set; }

    /// <summary>The piece that is with the disk.</summary>
    public SnapshotPiece? Writing { get; private set; }

    /// <summary>The last piece is with the disk, which is about to replace log and state.</summary>
    public bool IsInstalling => Writing is { IsLast: true };

    /// <summary>Nothing is taken while the disk writes a piece, nor for a while after it has refused one.</summary>
    public bool IsBusy => Writing is not null || _pauseTicks > 0;

    public bool IsOf(InstallSnapshot request) => request.From == _leader && request.Term == Term && request.Snapshot == _snapshot;

    /// <summary>Whether a message of this transfer was sent after all others of it that have come.</summary>
    public bool IsLaterThanAll(InstallSnapshot request) => request.Number > _number;

    /// <summary>The same leader has begun to send a later snapshot since: what still comes of the earlier one is late.</summary>
    public bool IsNewerThan(InstallSnapshot request) => request.From == _leader && request.Term == Term && request.Snapshot.Index < _snapshot.Index;

    /// <summary>Whether the disk has answered for the piece that it was given last.</summary>
    public bool Awaits(SnapshotPiece piece) =>
        Writing is { } writing && (writing.From, writing.Term, writing.Snapshot, writing.Offset) == (piece.From, piece.Term, piece.Snapshot, piece.Offset);

    /// <summary>An answer that comes later than at once is one to the latest message, and says so.</summary>
    public void Note(InstallSnapshot request)
    {
        StillTicks = 0;
        _number = Math.Max(_number, request.Number);
        _readRound = Math.Max(_readRound, request.ReadRound);
    }

    public SnapshotPiece Take(InstallSnapshot request)
    {
        Writing = new SnapshotPiece(request.From, request.Term, request.Snapshot, request.Offset, request.Data, request.IsLast);
        return Writing;
    }

    public void OnSaved()
    {
        NextOffset += Writing!.Data.Length;
        Writing = null;
    }

    /// <summary>The disk has dropped all of it.</summary>
    public void OnFailed(int pauseTicks)
    {
        NextOffset = 0;
        Writing = null;
        _pauseTicks = pauseTicks;
    }

    public void Tick()
    {
        _pauseTicks = Math.Max(0, _pauseTicks - 1);
        StillTicks = Writing is null ? StillTicks + 1 : 0;
    }

    /// <summary>The answer to the latest message of this transfer.</summary>
    public InstallSnapshotResponse Answer(ServerId self, bool isInstalled, bool acceptsPublishes) =>
        new(self, _leader, Term, _snapshot, NextOffset, isInstalled, _readRound, acceptsPublishes, _number, IsBusy);
}
