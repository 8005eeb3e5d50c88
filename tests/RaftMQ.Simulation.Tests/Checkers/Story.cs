using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>A history written down; README.md beside the stories says how.</summary>
internal sealed partial class Story
{
    private readonly List<Operation> _operations = [];
    private readonly List<CommittedCommand> _committed = [];
    private readonly List<(string Topic, string Body)> _remaining = [];
    private Dictionary<string, long>? _dropped;

    /// <summary>The checks that are said to refuse it.</summary>
    public Check RefusedBy { get; private set; }

    public History History => new([.. _operations.OrderBy(operation => operation.InvokedAt)], _committed, _remaining, _dropped);

    public static Story Read(string text)
    {
        var story = new Story();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            story.Take(line);
        }

        return story;
    }

    private void Take(string line)
    {
        if (line.StartsWith('#'))
        {
            return;
        }

        if (line.StartsWith("refused by ", StringComparison.Ordinal))
        {
            RefusedBy = Enum.Parse<Check>(line["refused by ".Length..].Replace(" ", ", ", StringComparison.Ordinal));
        }
        else if (line.StartsWith("left ", StringComparison.Ordinal))
        {
            string[] words = line.Split(' ');
            _remaining.AddRange(words[2..].Select(body => (words[1], body)));
        }
        else if (line.StartsWith("dropped ", StringComparison.Ordinal))
        {
            string[] words = line.Split(' ');
            _dropped ??= [];
            _dropped.Add(words[1], long.Parse(words[2], CultureInfo.InvariantCulture));
        }
        else if (LogLine().Match(line) is { Success: true } logged)
        {
            _committed.Add(new CommittedCommand(Number(logged, "index"), (long)Number(logged, "time", 1_000), Payload(logged)));
        }
        else if (OperationLine().Match(line) is { Success: true } asked)
        {
            _operations.Add(Asked(asked));
        }
        else
        {
            throw new FormatException("not a line of a story: " + line);
        }
    }

    private static byte[] Payload(Match logged)
    {
        string[] words = logged.Groups["what"].Value.Split(' ');
        string? key = Text(logged, "key");
        return words[0] switch
        {
            "create" => QueueCommandCodec.CreateTopic(words[1], key, Policy(words[2..])),
            "policy" => QueueCommandCodec.SetTopicPolicy(words[1], Policy(words[2..]), key),
            "publish" => QueueCommandCodec.Publish(words[1], Encoding.UTF8.GetBytes(words[2]), key),
            "pop" => QueueCommandCodec.Pop(words[1], key),
            _ => QueueCommandCodec.Configure(Limits(words[1..])),
        };
    }

    private static TopicPolicyChange Policy(string[] words)
    {
        var policy = default(TopicPolicyChange);
        foreach (string word in words)
        {
            policy = word.Split('=') switch
            {
                ["messages", string count] => policy with { MaxMessages = long.Parse(count, CultureInfo.InvariantCulture) },
                ["bytes", string size] => policy with { MaxBytes = long.Parse(size, CultureInfo.InvariantCulture) },
                ["reject"] => policy with { Overflow = Overflow.Reject },
                ["drop-oldest"] => policy with { Overflow = Overflow.DropOldest },
                _ => throw new FormatException("not a word of a policy: " + word),
            };
        }

        return policy;
    }

    private static QueueLimits Limits(string[] settings)
    {
        var limits = new QueueLimits();
        foreach (string setting in settings)
        {
            int value = int.Parse(setting.Split('=')[1], CultureInfo.InvariantCulture);
            limits = setting.Split('=')[0] switch
            {
                "window" => limits with { RequestKeyWindowMilliseconds = value },
                "keys" => limits with { MaxRequestKeys = value },
                "topics" => limits with { MaxTopics = value },
                _ => limits with { MaxMessagesPerTopic = value },
            };
        }

        return limits;
    }

    private Operation Asked(Match line)
    {
        string[] words = line.Groups["what"].Value.Split(' ');
        bool isOpen = !line.Groups["end"].Success;
        var operation = new Operation
        {
            Number = _operations.Count + 1,
            Client = (int)Number(line, "client"),
            InvokedAt = (long)Number(line, "begin"),
            EndedAt = isOpen ? long.MaxValue : (long)Number(line, "end"),
            Kind = words[0] switch
            {
                "create" => OperationKind.CreateTopic,
                "publish" => OperationKind.Publish,
                "pop" => OperationKind.Pop,
                "policy" => OperationKind.SetPolicy,
                _ => OperationKind.Topics,
            },
            Topic = words.ElementAtOrDefault(1) ?? string.Empty,
            Body = words[0] == "publish" ? words.ElementAtOrDefault(2) : null,
            Policy = words[0] is "create" or "policy" ? Policy(words[2..]) : default,
            Key = Text(line, "key"),
        };
        End(operation, line.Groups["result"].Value, Number(line, "index"));
        return operation;
    }

    private static void End(Operation operation, string result, ulong index)
    {
        operation.Index = index;
        if (Enum.TryParse(result, out Ending ending) || result.Length == 0)
        {
            operation.Ending = result.Length == 0 ? Ending.Open : ending;
            return;
        }

        operation.Ending = Ending.Replied;
        bool isOutcome = Enum.TryParse(result, out QueueOutcome outcome);
        operation.Outcome = isOutcome ? outcome : QueueOutcome.Done;
        operation.Taken = isOutcome || operation.Kind != OperationKind.Pop ? null : result;
        operation.Topics = operation.Kind == OperationKind.Topics ? result.Trim('[', ']').Split(' ', StringSplitOptions.RemoveEmptyEntries) : null;
    }

    private static string? Text(Match line, string group) => line.Groups[group] is { Success: true, Value: string value } ? value : null;

    private static ulong Number(Match line, string group, ulong otherwise = 0) =>
        Text(line, group) is { } value ? ulong.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    [GeneratedRegex(@"^log +(?<index>\d+) +(?<what>.+?)( key (?<key>\w+))?( at (?<time>\d+))?$")]
    private static partial Regex LogLine();

    [GeneratedRegex(@"^c(?<client>\d+) +(?<begin>\d+)-(?<end>\d+)? +(?<what>[a-z].*?)( key (?<key>\w+))?( +=> (?<result>\[.*\]|\w+)( @(?<index>\d+))?)?$")]
    private static partial Regex OperationLine();
}
