using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace RaftMQ.Server.Logging;

/// <summary>Log lines for people: <c>12:00:01 info  became leader of term 3</c>. The level has a colour on a terminal, and nowhere else.</summary>
internal sealed class TextLineFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "raftmq-text";

    private const string Yellow = "\e[33m";
    private const string Red = "\e[31m";
    private const string Grey = "\e[90m";
    private const string Plain = "\e[0m";

    // https://no-color.org: set to anything, it means no.
    private static readonly bool Colours = !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        (string level, string colour) = Level(logEntry.LogLevel);
        textWriter.Write(TimeProvider.System.GetLocalNow().ToString("HH:mm:ss ", CultureInfo.InvariantCulture));
        textWriter.Write(Colours ? colour + level + Plain : level);
        textWriter.Write(' ');
        textWriter.WriteLine(message);
        if (logEntry.Exception is not null)
        {
            textWriter.WriteLine("    " + logEntry.Exception.ToString().ReplaceLineEndings(Environment.NewLine + "    "));
        }
    }

    private static (string Name, string Colour) Level(LogLevel level) => level switch
    {
        LogLevel.Warning => ("warn ", Yellow),
        LogLevel.Error => ("error", Red),
        LogLevel.Critical => ("fatal", Red),
        LogLevel.Information => ("info ", Plain),
        _ => ("debug", Grey),
    };
}
