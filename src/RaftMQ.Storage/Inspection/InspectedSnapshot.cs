using RaftMQ.Consensus;

namespace RaftMQ.Storage.Inspection;

/// <summary>A snapshot of the state.</summary>
/// <param name="Name">The file.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Last">The last entry that is in the state, or null if the snapshot is damaged.</param>
/// <param name="StateHash">The hash of the state, if it is whole.</param>
public sealed record InspectedSnapshot(string Name, long Bytes, LogPosition? Last, ulong StateHash);
