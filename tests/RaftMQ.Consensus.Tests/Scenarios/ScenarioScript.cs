using System.Globalization;
using System.Text;
using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus.Tests.Scenarios;

/// <summary>
/// Runs a scenario file. Blocks are separated by blank lines; in each, comment lines (#) say why, command lines what is done, and the lines below "----" what the
/// servers did. The commands are listed in Scenarios/README.md.
/// </summary>
internal sealed class ScenarioScript
{
    private const string Separator = "----";

    private ScenarioCluster _cluster = null!;

    /// <summary>Runs every block and returns the file as it is with what happened.</summary>
    public static string Run(string text)
    {
        var script = new ScenarioScript();
        var result = new StringBuilder();
        foreach (string block in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] lines = [.. block.Split('\n').TakeWhile(line => line.Trim() != Separator).Where(line => line.Length > 0)];
            foreach (string command in lines.Select(line => line.Trim()).Where(line => !line.StartsWith('#')))
            {
                script.Do(command);
            }

            result.Append(result.Length > 0 ? "\n" : string.Empty).AppendJoin('\n', lines).Append('\n');
            string[] trace = script._cluster?.TakeTrace() ?? [];
            if (lines.Any(line => !line.StartsWith('#')))
            {
                result.Append("  ").Append(Separator).Append('\n');
                foreach (string line in trace)
                {
                    result.Append("  ").Append(line).Append('\n');
                }
            }
        }

        return result.ToString();
    }

    private void Do(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words[0])
        {
            case "cluster":
                bool oneByOne = words.Contains("one-by-one");
                _cluster = new ScenarioCluster(int.Parse(words[1], CultureInfo.InvariantCulture), ReadLogs(words.Skip(2)), oneByOne ? 1 : 1_024);
                break;
            case "tick":
                _cluster.Tick(Server(words[1]), int.Parse(words[2], CultureInfo.InvariantCulture));
                break;
            case "timeout":
                _cluster.TimeOut(Server(words[1]));
                break;
            case "elect":
                _cluster.Elect(Server(words[1]));
                break;
            case "settle":
                _cluster.Settle();
                break;
            case "deliver":
                _cluster.Deliver(Which(words));
                break;
            case "drop":
                _cluster.Drop(Which(words));
                break;
            case "duplicate":
                _cluster.Duplicate(Which(words));
                break;
            case "delay":
                _cluster.Delay(Which(words));
                break;
            case "undelay":
                _cluster.Undelay(Which(words));
                break;
            case "show":
                ShowAll();
                break;
            default:
                DoToServer(words);
                break;
        }
    }

    private void DoToServer(string[] words)
    {
        switch (words[0])
        {
            case "isolate":
                _cluster.Isolate(Server(words[1]));
                break;
            case "cut":
                _cluster.Cut(Server(words[1]), Server(words[3]));
                break;
            case "heal":
                _cluster.Heal();
                break;
            case "crash":
                _cluster.Servers[Server(words[1])].Crash();
                break;
            case "restart":
                _cluster.Servers[Server(words[1])].Start(99 + Server(words[1]));
                _cluster.LinkAll();
                break;
            case "join":
                _cluster.Wipe(Server(words[1]), Server(words[1]));
                break;
            case "wipe":
                _cluster.Wipe(Server(words[1]), 1_000 + Server(words[1]));
                break;
            case "hold":
                _cluster.Servers[Server(words[1])].DiskIsHeld = true;
                break;
            case "release":
                _cluster.Servers[Server(words[1])].DiskIsHeld = false;
                _cluster.Servers[Server(words[1])].CompleteDisk();
                break;
            case "snapshot":
                _cluster.Servers[Server(words[1])].SaveSnapshot();
                break;
            case "compact":
                _cluster.Servers[Server(words[1])].Compact();
                break;
            case "refuse":
                _cluster.Servers[Server(words[1])].Disk.RefusesNextPiece = true;
                break;
            case "linkup":
                Core(words[1]).OnLinkUp(_cluster.Servers[Server(words[2])].Id);
                _cluster.Servers[Server(words[1])].Drain();
                break;
            case "linkdown":
                Core(words[1]).OnLinkDown(_cluster.Servers[Server(words[2])].Id);
                _cluster.Servers[Server(words[1])].Drain();
                break;
            default:
                Ask(words);
                break;
        }
    }

    private void Ask(string[] words)
    {
        RaftCore core = Core(words[1]);
        switch (words[0])
        {
            case "propose":
                ProposeResult proposed = core.Propose(default, Encoding.UTF8.GetBytes(words[2]));
                _cluster.Tell($"{words[1]} {(proposed.Outcome == ProposeOutcome.Proposed ? "proposes " + proposed.Position : proposed.Outcome.ToString())}");
                break;
            case "read":
                bool asked = core.RequestRead(new ReadId(ulong.Parse(words[2], CultureInfo.InvariantCulture)));
                _cluster.Tell($"{words[1]} read {words[2]} {(asked ? "asked" : "refused")}");
                break;
            case "transfer":
                _cluster.Tell($"{words[1]} transfer {(core.TransferLeadership(words.Length > 2 ? new NodeId(Server(words[2])) : null) ? "begins" : "refused")}");
                break;
            case "vacate":
                Change(core, words[1], core.Membership!.WithIncarnation(new NodeId(Server(words[2])), 0));
                break;
            case "seat":
                Change(core, words[1], core.Membership!.WithIncarnation(new NodeId(Server(words[2])), _cluster.Servers[Server(words[2])].Id.Incarnation));
                break;
            case "add":
                Change(core, words[1], core.Membership!.WithLearner(_cluster.LearnerOf(Server(words[2]))));
                break;
            case "joint":
                NodeId[] Named(char sign) => [.. words.Skip(2).Where(word => word[0] == sign).Select(word => new NodeId(Server(word[1..])))];
                Change(core, words[1], core.Membership!.Joint(Named('+'), Named('-')));
                break;
            default:
                throw new FormatException($"the scenario command \"{string.Join(' ', words)}\" is not known");
        }

        _cluster.Servers[Server(words[1])].Drain();
    }

    private void Change(RaftCore core, string server, Membership target)
    {
        ProposeResult result = core.ProposeMembership(default, target);
        _cluster.Tell($"{server} {(result.Outcome == ProposeOutcome.Proposed ? "proposes membership " + result.Position : result.Outcome.ToString())}");
    }

    private void ShowAll()
    {
        foreach (ScenarioServer server in _cluster.Servers.Values)
        {
            _cluster.Tell(server.Describe());
        }
    }

    private RaftCore Core(string server) =>
        _cluster.Servers[Server(server)].Core ?? throw new FormatException($"{server} is down");

    private static uint Server(string word) => uint.Parse(word.AsSpan(1), CultureInfo.InvariantCulture);

    /// <summary>"S1 -> S2", "to S2", "from S1", or nothing for all.</summary>
    private static Func<Message, bool> Which(string[] words) => words switch
    {
        [_, var from, "->", var to] => message => message.From.Node.Value == Server(from) && message.To.Node.Value == Server(to),
        [_, "to", var to] => message => message.To.Node.Value == Server(to),
        [_, "from", var from] => message => message.From.Node.Value == Server(from),
        [_] => _ => true,
        _ => throw new FormatException($"\"{string.Join(' ', words)}\": which messages?"),
    };

    private static Dictionary<uint, ulong[]> ReadLogs(IEnumerable<string> words) => words
        .Where(word => word.Contains('='))
        .Select(word => word.Split('='))
        .ToDictionary(pair => Server(pair[0]), pair => pair[1].Split(',').Select(term => ulong.Parse(term, CultureInfo.InvariantCulture)).ToArray());
}
