namespace RaftMQ.Consensus;

/// <summary>The log as the core sees it: where it ends, the term of every entry as runs, and the last entries in memory.</summary>
public sealed class RaftLog
{
    /// <summary>The last entry's position; zero for an empty log.</summary>
    public LogPosition Last => throw new NotImplementedException();

    /// <summary>The last entry's stamp.</summary>
    public LogTime LastTime => throw new NotImplementedException();

    /// <summary>The first index whose entry is in memory; one past <see cref="Last"/> if none is.</summary>
    public LogIndex FirstInMemory => throw new NotImplementedException();

    /// <summary>The term of the entry at an index; null beyond the end. The term at index zero is zero.</summary>
    public Term? TermAt(LogIndex index) => throw new NotImplementedException();

    /// <summary>The entry at an index, if it is in memory.</summary>
    public bool TryGet(LogIndex index, out LogEntry entry) => throw new NotImplementedException();
}
