using System.Globalization;

namespace RaftMQ.Simulation.Traces;

/// <summary>One line of the trace as numbers; it becomes text only if somebody wants to read it.</summary>
/// <param name="At">Virtual time in microseconds.</param>
/// <param name="Node">Where it happened; 0 for the world.</param>
/// <param name="Kind">What happened.</param>
/// <param name="A">The first detail: see <see cref="LabelsOf"/>.</param>
/// <param name="B">The second.</param>
/// <param name="C">The third.</param>
/// <param name="D">The fourth.</param>
/// <param name="Text">Words beside the numbers, or null.</param>
internal readonly record struct TraceFact(long At, int Node, TraceKind Kind, long A, long B, long C, long D, string? Text)
{
    public override string ToString()
    {
        (string a, string b, string c, string d) = LabelsOf(Kind);
        string node = Node == 0 ? "--" : "n" + Node.ToString(CultureInfo.InvariantCulture);
        string details = Detail(a, A) + Detail(b, B) + Detail(c, C) + Detail(d, D);
        return string.Create(CultureInfo.InvariantCulture, $"{At / 1000,8}.{At % 1000:D3} {node,-3} {Kind,-13}{details}{(Text is null ? string.Empty : " " + Text)}");
    }

    private static string Detail(string label, long value) =>
        label.Length == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" {label + "=" + value,-15}");

    private static (string A, string B, string C, string D) LabelsOf(TraceKind kind) => kind switch
    {
        TraceKind.Start => ("life", "term", "last", ""),
        TraceKind.Met or TraceKind.LinkUp or TraceKind.LinkDown => ("peer", "", "", ""),
        TraceKind.Append => ("from", "term", "prev", "entries"),
        TraceKind.Install => ("from", "term", "snapshot", "offset"),
        TraceKind.InstallReply => ("from", "term", "snapshot", "next"),
        TraceKind.Installed => ("last", "term", "", ""),
        TraceKind.AppendReply => ("from", "term", "match", "conflict"),
        TraceKind.VoteAsked => ("from", "term", "last", "prevote"),
        TraceKind.VoteReply => ("from", "term", "granted", "prevote"),
        TraceKind.ReadAsked or TraceKind.ReadReply => ("from", "term", "index", ""),
        TraceKind.TimeoutNow or TraceKind.Certificate => ("from", "term", "", ""),
        TraceKind.Reminder => ("from", "term", "match", "left"),
        TraceKind.Forward or TraceKind.ForwardCancel => ("from", "", "", ""),
        TraceKind.ForwardReply => ("from", "", "verdict", "index"),
        TraceKind.Persist => ("batch", "term", "from", "entries"),
        TraceKind.Persisted => ("batch", "", "", ""),
        TraceKind.Loaded => ("first", "entries", "", ""),
        TraceKind.Space => ("space", "", "", ""),
        TraceKind.Ask => ("op", "kind", "client", ""),
        TraceKind.Answer => ("op", "ending", "outcome", "index"),
        TraceKind.GiveUp => ("op", "", "client", ""),
        TraceKind.Role => ("role", "term", "last", ""),
        TraceKind.Commit => ("index", "term", "applied", ""),
        TraceKind.Fault => ("a", "b", "", ""),
        TraceKind.Phase => ("events", "", "", ""),
        _ => ("", "", "", ""),
    };
}
