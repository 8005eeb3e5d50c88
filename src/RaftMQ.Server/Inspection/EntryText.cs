using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Inspection;

/// <summary>Words for entries and what is in them. What comes out of a log is escaped before it reaches a terminal: nobody has checked it.</summary>
internal static class EntryText
{
    private const int LongestText = 80;

    public static string KindOf(EntryKind kind) => kind switch
    {
        EntryKind.Birth => "birth",
        EntryKind.NoOp => "no-op",
        EntryKind.Command => "command",
        EntryKind.Membership => "membership",
        _ => $"kind {(byte)kind}",
    };

    public static string CommandOf(QueueCommandKind kind) => kind switch
    {
        QueueCommandKind.Configure => "configure",
        QueueCommandKind.CreateTopic => "create-topic",
        QueueCommandKind.Publish => "publish",
        QueueCommandKind.Pop => "pop",
        QueueCommandKind.SetTopicPolicy => "set-topic-policy",
        _ => $"command {(byte)kind}",
    };

    /// <summary>The leader's stamp, in UTC.</summary>
    public static string TimeOf(LogTime time) =>
        time.Milliseconds >= 0 && time.Milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(time.Milliseconds).ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            : time.ToString();

    /// <summary>What an entry asks for or says, in a few words; empty for a no-op.</summary>
    public static string ContentOf(in LogEntry entry)
    {
        try
        {
            return entry.Kind switch
            {
                EntryKind.Birth => BirthOf(Birth.Decode(entry.Payload)),
                EntryKind.Command => CommandOf(entry.Payload.Span),
                EntryKind.Membership => SeatsOf(Membership.Decode(entry.Payload.Span, out _)),
                _ => "",
            };
        }
        catch (FormatException wrong)
        {
            return $"cannot be read: {Printable(wrong.Message)}";
        }
    }

    /// <summary>Text from a log or a folder, on one line, without anything that a terminal would obey.</summary>
    public static string Printable(string text)
    {
        string cut = text.Length > LongestText ? text[..LongestText] + "…" : text;
        return JsonEncodedText.Encode(cut, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value;
    }

    private static string BirthOf(Birth birth) => $"cluster {birth.Cluster} founded by node {birth.Founder.Node}; {SeatsOf(birth.Members)}";

    private static string SeatsOf(Membership membership) =>
        (membership.Version == 1 ? "" : $"cluster version {membership.Version}; ") + "seats " + string.Join(", ", membership.Members.Select(member => SeatOf(member) + SuffrageOf(member)));

    private static string SeatOf(Member member) => member.Incarnation == 0 ? $"{member.Node} vacant" : member.Server.ToString();

    private static string SuffrageOf(Member member)
    {
        string replaces = member.Replaces == default ? "" : $" for {member.Replaces}";
        return member.Suffrage == Suffrage.Voter ? "" : $" ({ClusterMember.NameOf(member.Suffrage)}{replaces})";
    }

    private static string CommandOf(ReadOnlySpan<byte> payload)
    {
        if (!QueueCommandCodec.TryReadHeader(payload, out QueueCommandHeader header))
        {
            return "a command that this program does not know";
        }

        string topic = header.Kind == QueueCommandKind.Configure ? "" : $" \"{Printable(header.Topic)}\"";
        return $"{CommandOf(header.Kind)}{topic}{(header.HasRequestKey ? ", with a request key" : "")}";
    }
}
