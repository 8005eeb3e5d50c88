namespace RaftMQ.Storage.Wal;

/// <summary>How much allocated room the log has left (design, storage rule 9).</summary>
public enum WalSpace
{
    /// <summary>The spare segments are there, or nothing has yet kept them from being made.</summary>
    Ample,

    /// <summary>The disk is full: only the reserve is left. Publishes are refused; elections and pops go on.</summary>
    ReserveOnly,

    /// <summary>The reserve is nearly used up too: nothing more is taken in.</summary>
    Exhausted,
}
