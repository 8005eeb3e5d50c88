namespace RaftMQ.Storage.Inspection;

/// <summary>What a place that is not as it was written means.</summary>
public enum FindingKind
{
    /// <summary>A write that a crash cut off: normal, and cut away by the next start.</summary>
    TornTail,

    /// <summary>Something damaged that a start passes over, since it does not need it.</summary>
    PassedOver,

    /// <summary>Something that was durable is no longer there: a node does not start with it, or ends when it needs it.</summary>
    Damage,
}

/// <summary>A place of a data folder that is not as it was written.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="File">The file.</param>
/// <param name="Offset">Where in it, in bytes.</param>
/// <param name="What">What is wrong there, as half a sentence.</param>
public sealed record Finding(FindingKind Kind, string File, long Offset, string What);
