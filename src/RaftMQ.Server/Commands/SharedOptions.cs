using System.CommandLine;
using System.Globalization;
using RaftMQ.Server.Configuration;
using RaftMQ.Server.Logging;

namespace RaftMQ.Server.Commands;

/// <summary>Options and arguments that several commands have.</summary>
internal static class SharedOptions
{
    private const int LongestWaitSeconds = 86_400;

    /// <summary><c>--log-format text|json</c></summary>
    public static Option<LogFormat> LogFormat()
    {
        var option = new Option<LogFormat>("--log-format")
        {
            Description = "How log lines look: short sentences (text, the default), or one JSON object a line.",
            HelpName = "text|json",
            CustomParser = result =>
            {
                switch (result.Tokens[0].Value)
                {
                    case "text":
                        return Logging.LogFormat.Text;
                    case "json":
                        return Logging.LogFormat.Json;
                    default:
                        result.AddError($"--log-format is text or json, not \"{result.Tokens[0].Value}\"");
                        return default;
                }
            },
        };
        return option;
    }

    /// <summary><c>--allow-insecure</c></summary>
    public static Option<bool> AllowInsecure() => new("--allow-insecure")
    {
        Description = "Listen on addresses that other machines can reach, although nothing is encrypted or asks for a password yet.",
    };

    /// <summary><c>--wait SECONDS</c></summary>
    public static Option<int> Wait() => new("--wait")
    {
        Description = $"For how long to watch, in seconds, 0 to {LongestWaitSeconds}; the cluster goes on without.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 600,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            bool isAllowed = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds <= LongestWaitSeconds;
            if (!isAllowed)
            {
                result.AddError($"--wait is 0 to {LongestWaitSeconds} seconds, not \"{text}\"");
            }

            return seconds;
        },
    };

    /// <summary>A number within bounds; null if it is not given.</summary>
    /// <param name="name">What the option is called.</param>
    /// <param name="description">What is counted.</param>
    /// <param name="help">What its value is called.</param>
    /// <param name="most">The largest; the smallest is 1.</param>
    public static Option<int?> Number(string name, string description, string help, int most) => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            bool isAllowed = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most;
            if (!isAllowed)
            {
                result.AddError($"{name} is a number from 1 to {most}, not \"{text}\"");
            }

            return number;
        },
    };

    /// <summary><c>--client HOST:PORT</c></summary>
    /// <param name="description">Who reaches what.</param>
    public static Option<string> Client(string description) => Address("--client", description, Settings.ClientAddress);

    /// <summary><c>--peer HOST:PORT</c></summary>
    /// <param name="description">Who reaches what.</param>
    public static Option<string> Peer(string description) => Address("--peer", description, Settings.PeerAddress);

    /// <summary>The number of a node.</summary>
    /// <param name="name">What the argument is called.</param>
    /// <param name="description">Which node is meant.</param>
    public static Argument<uint> Node(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            bool isNumber = uint.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number >= 1;
            if (!isNumber)
            {
                result.AddError($"{name} is the number of a node, 1 or more, not \"{result.Tokens[0].Value}\"");
            }

            return number;
        },
    };

    private static Option<string> Address(string name, string description, Func<string, HostPort> read) => new(name)
    {
        Description = description,
        HelpName = "HOST:PORT",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            try
            {
                read(text);
            }
            catch (SettingException wrong)
            {
                result.AddError($"{name}: {wrong.Message}");
            }

            return text;
        },
    };
}
