using RaftMQ.Consensus;

namespace RaftMQ.Storage.Inspection;

/// <summary>What the entries of births and configurations say.</summary>
internal static class ConfigurationReading
{
    /// <summary>Why an entry that should hold a configuration cannot be understood; its bytes are as they were written, so this is no fault of the disk. Null if it can.</summary>
    public static string? ObjectionTo(LogIndex index, EntryKind kind, ReadOnlyMemory<byte> payload)
    {
        try
        {
            _ = MembersOf(kind, payload);
            return null;
        }
        catch (FormatException wrong)
        {
            return $"entry {index} holds no configuration: {wrong.Message}";
        }
    }

    public static Membership MembersOf(EntryKind kind, ReadOnlyMemory<byte> payload) =>
        kind == EntryKind.Birth ? Birth.Decode(payload).Members : Membership.Decode(payload.Span, out _);

    /// <summary>The cluster of which a log holds the birth, or none.</summary>
    public static ClusterId ClusterOf(IReadOnlyList<LogEntry> configurations) =>
        configurations is [{ Kind: EntryKind.Birth } birth, ..] ? Birth.Decode(birth.Payload).Cluster : ClusterId.None;

    public static bool IsSame(in LogEntry a, in LogEntry b) =>
        a.Position == b.Position && a.Kind == b.Kind && a.Time == b.Time && a.Payload.Span.SequenceEqual(b.Payload.Span);
}
