using System.Text;

namespace RaftMQ.Server.Supervision;

/// <summary>What a person sees of a <c>dev</c> cluster: a table once, then a line for each thing that happens. Colours only on a terminal.</summary>
internal sealed class DevScreen
{
    private readonly TextWriter _out;
    private readonly bool _colours;
    private readonly Lock _gate = new();

    public DevScreen(TextWriter output, bool isTerminal)
    {
        _out = output;
        _colours = isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    }

    public void Starting(int nodes, string folder) => Line($"raftmq {ProgramVersion.Number}: starting {nodes} node{(nodes == 1 ? "" : "s")} in {folder}");

    /// <summary>The cluster as it is, and what to try.</summary>
    public void Table(DevPlan plan, IReadOnlyList<NodeView> nodes, string folder)
    {
        string url = $"http://{plan.ClientAddress(plan.Nodes[0].Number)}";
        var text = new StringBuilder().AppendLine();
        text.AppendLine($"  {Bold("node  role       clients")}");
        foreach (NodeView node in nodes)
        {
            string role = node.Role.PadRight(9);
            text.AppendLine($"  {node.Node,-4}  {(node.Role == "Leader" ? Green(role) : role)}  http://{plan.ClientAddress(node.Node)}");
        }

        text.AppendLine().AppendLine("  Any node takes any request. Try:").AppendLine();
        text.AppendLine($"  curl -X PUT {url}/topic   -H 'Content-Type: application/json' -d '{{\"topic\":\"orders\"}}'");
        text.AppendLine($"  curl -X PUT {url}/message -H 'Content-Type: application/json' -d '{{\"topic\":\"orders\",\"message\":\"hello\"}}'");
        text.AppendLine($"  curl {url}/message/orders").AppendLine();
        text.AppendLine("  In a second terminal, `raftmq dev add` brings a further node in, and `raftmq dev remove` lets one leave.");
        text.AppendLine($"  Ctrl-C stops it; the data stays in {folder}").AppendLine();
        lock (_gate)
        {
            _out.Write(text);
            _out.Flush();
        }
    }

    public void NewLeader(int node, ulong term) => Event($"node {node}", Green($"leader of term {term}"));

    public void NoLeader() => Event("cluster", Yellow("no leader yet; what is missing stands in the nodes' logs"));

    public void Started(int node, int pid) => Event($"node {node}", $"started again, process {pid}");

    /// <summary>A node has come into the plan.</summary>
    public void Added(int node, string clients) => Event($"node {node}", $"started, to join the others: clients at http://{clients}");

    /// <summary>A node has left, and its process has ended.</summary>
    /// <param name="node">Which.</param>
    /// <param name="objection">Why its folder is still there, or null.</param>
    public void Removed(int node, string? objection) => Event(
        $"node {node}", objection is null ? "has left; its folder is removed" : Yellow($"has left; its folder cannot be removed: {objection}"));

    /// <summary>The plan cannot be followed.</summary>
    public void Objection(string why) => Event("cluster", Yellow(why));

    public void Ended(int node, int exitCode, string why, TimeSpan? restartIn) => Event(
        $"node {node}",
        Yellow($"ended with {Describe(exitCode, why)}; ")
        + (restartIn is { } wait ? $"starting it again in {wait.TotalSeconds:0} s" : Yellow("a person is needed: not starting it again")));

    /// <summary>A warning or an error of a node.</summary>
    public void Said(int node, string line) => Event($"node {node}", Yellow(line));

    /// <summary>How far the start of a node has come.</summary>
    public void Progress(int node, string sentence) => Event($"node {node}", sentence);

    public void Stopping() => Line("stopping all nodes");

    public void Stopped(int killed) => Line(killed == 0 ? "all nodes have stopped" : $"all nodes have stopped, {killed} of them by force");

    private static string Describe(int exitCode, string why) => exitCode > 128 ? $"signal {exitCode - 128}" : $"exit code {exitCode}{why}";

    private void Event(string who, string what) => Line($"{Dim(DateTime.Now.ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture))}  {who,-8}  {what}");

    private void Line(string line)
    {
        lock (_gate)
        {
            _out.WriteLine(line);
            _out.Flush();
        }
    }

    private string Bold(string text) => Colour("1", text);

    private string Dim(string text) => Colour("2", text);

    private string Green(string text) => Colour("32", text);

    private string Yellow(string text) => Colour("33", text);

    private string Colour(string code, string text) => _colours ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
