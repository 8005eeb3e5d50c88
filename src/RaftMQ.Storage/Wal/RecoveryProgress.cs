namespace RaftMQ.Storage.Wal;

/// <summary>How far recovery has come.</summary>
/// <param name="BytesRead">Bytes read and checked.</param>
/// <param name="BytesTotal">Bytes to read.</param>
public readonly record struct RecoveryProgress(long BytesRead, long BytesTotal);
