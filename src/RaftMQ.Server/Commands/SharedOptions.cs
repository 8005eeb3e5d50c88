using System.CommandLine;
using RaftMQ.Server.Logging;

namespace RaftMQ.Server.Commands;

/// <summary>Options that several commands have.</summary>
internal static class SharedOptions
{
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
}
