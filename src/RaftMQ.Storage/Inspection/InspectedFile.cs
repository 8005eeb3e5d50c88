namespace RaftMQ.Storage.Inspection;

/// <summary>What a file is that belongs to nothing a folder holds.</summary>
public enum FileUse
{
    /// <summary>A segment allocated ahead of use; the next start removes it.</summary>
    Spare,

    /// <summary>A file that was not finished; nobody's.</summary>
    Temporary,

    /// <summary>Of a damaged folder that was set aside; it is removed when the node is a member again.</summary>
    SetAside,

    /// <summary>Nothing that RaftMQ writes; it is left alone.</summary>
    Unknown,
}

/// <summary>A file beside identity, log, snapshots and bodies.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Use">What it is.</param>
public sealed record InspectedFile(string Name, long Bytes, FileUse Use);
