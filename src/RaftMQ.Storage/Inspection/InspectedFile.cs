namespace RaftMQ.Storage.Inspection;

/// <summary>What a file is that is neither identity nor segment.</summary>
public enum FileUse
{
    /// <summary>A segment allocated ahead of use; the next start removes it.</summary>
    Spare,

    /// <summary>A file that was not finished; nobody's.</summary>
    Temporary,

    /// <summary>Nothing that RaftMQ writes; it is left alone.</summary>
    Unknown,
}

/// <summary>A file beside identity and segments.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Use">What it is.</param>
public sealed record InspectedFile(string Name, long Bytes, FileUse Use);
