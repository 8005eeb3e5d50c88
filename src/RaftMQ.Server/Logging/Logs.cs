using Microsoft.Extensions.Logging.Console;

namespace RaftMQ.Server.Logging;

/// <summary>Where log lines go: to standard error, always. Standard output is for what a command was asked to print.</summary>
internal static class Logs
{
    // Lines that wait to be written; beyond it the oldest writer waits rather than a line is lost.
    private const int MaxWaitingLines = 2_500;

    /// <summary>A factory for loggers; disposing it writes what still waits.</summary>
    public static ILoggerFactory Create(LogFormat format) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);

        // Asking whether this one logs makes the framework create an activity for every request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // A listener that cannot start is said in one line by whoever started it.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddConsole(console =>
        {
            console.FormatterName = format == LogFormat.Json ? JsonLineFormatter.FormatterName : TextLineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.MaxQueueLength = MaxWaitingLines;
        });
        logging.AddConsoleFormatter<TextLineFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonLineFormatter, ConsoleFormatterOptions>();
    });
}
