namespace RaftMQ.Consensus.Messages;

/// <summary>
/// The leader sends a piece of a snapshot to a follower that needs entries the leader no longer has (§7). A snapshot is opaque bytes here; what is in them is the owner's
/// business. Without data and not the last it is a heartbeat, and asks where to go on: it never begins a transfer or changes one.
/// </summary>
/// <param name="From">The leader.</param>
/// <param name="To">The follower.</param>
/// <param name="Term">The leader's term.</param>
/// <param name="Snapshot">The last entry that the snapshot covers. With the leader and the term it names the transfer.</param>
/// <param name="Offset">Where in the snapshot the data begin, in bytes; not negative.</param>
/// <param name="Data">At most <see cref="MaxDataBytes"/>.</param>
/// <param name="IsLast">Whether the snapshot ends with these data.</param>
/// <param name="ReadRound">The latest round of leadership confirmation (thesis §6.4); the answer repeats it.</param>
/// <param name="Number">The leader's count of such messages to this follower in its term, from 1; the answer repeats it.</param>
public sealed record InstallSnapshot(
    ServerId From, ServerId To, Term Term, LogPosition Snapshot, long Offset, ReadOnlyMemory<byte> Data, bool IsLast, ulong ReadRound, ulong Number = 0)
    : Message(From, To, Term)
{
    /// <summary>The most bytes of data in one message, on every node and for ever: as much as the largest entry has, so that a link that carries the one carries the other.</summary>
    public const int MaxDataBytes = LogEntry.MaxPayloadBytes;

    /// <summary>Whether it carries a piece; else it is a heartbeat.</summary>
    public bool IsPiece => IsLast || Data.Length > 0;
}

/// <summary>The answer to <see cref="InstallSnapshot"/>: to a piece when it is on disk, to everything else at once.</summary>
/// <param name="From">The follower.</param>
/// <param name="To">The leader.</param>
/// <param name="Term">The follower's term.</param>
/// <param name="Snapshot">The snapshot of the request.</param>
/// <param name="NextOffset">How many bytes of this transfer are on disk here, so where it goes on; 0 if nothing is known of it.</param>
/// <param name="IsInstalled">Everything up to the snapshot's last entry is durable here, by this snapshot or otherwise, and matches the leader's log.</param>
/// <param name="ReadRound">The round that the request carried, or a later request of the same transfer.</param>
/// <param name="AcceptsPublishes">False while the follower's disk has only its reserve left (design, storage rule 9).</param>
/// <param name="Number">The number of the request, or of a later request of the same transfer.</param>
/// <param name="IsBusy">A piece is with the disk here, or the disk has just refused one: nothing is taken at the moment, and <paramref name="NextOffset"/> may rise by itself.</param>
public sealed record InstallSnapshotResponse(
    ServerId From, ServerId To, Term Term, LogPosition Snapshot, long NextOffset, bool IsInstalled, ulong ReadRound, bool AcceptsPublishes, ulong Number = 0, bool IsBusy = false)
    : Message(From, To, Term);
