using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using RaftMQ.Server.Logging;

namespace RaftMQ.Server.Tests.Logging;

/// <summary>Log lines, for people and for machines.</summary>
public sealed partial class LogLines
{
    [Theory]
    [InlineData(LogLevel.Information, "info ")]
    [InlineData(LogLevel.Warning, "warn ")]
    [InlineData(LogLevel.Error, "error")]
    [InlineData(LogLevel.Critical, "fatal")]
    public void For_people_a_line_is_time_level_and_sentence_without_colours_in_a_file(LogLevel level, string name)
    {
        string line = Line(new TextLineFormatter(), level, exception: null);

        Time().Replace(line, "12:00:01").ShouldBe($"12:00:01 {name} became leader of term 3\n");
    }

    [Fact]
    public void For_people_an_exception_follows_indented()
    {
        string[] lines = Line(new TextLineFormatter(), LogLevel.Error, new InvalidOperationException("one\ntwo")).TrimEnd('\n').Split('\n');

        lines.Length.ShouldBeGreaterThan(1);
        lines.Skip(1).ShouldAllBe(line => line.StartsWith("    "));
    }

    [Fact]
    public void For_machines_a_line_is_one_object_with_its_values()
    {
        string line = Line(new JsonLineFormatter(), LogLevel.Information, new InvalidOperationException("one\ntwo"));

        line.IndexOf('\n').ShouldBe(line.Length - 1);
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement json = document.RootElement;
        json.EnumerateObject().Select(field => field.Name).ShouldBe(["time", "level", "category", "event", "message", "values", "exception"]);
        json.GetProperty("time").GetDateTimeOffset().Offset.ShouldBe(TimeSpan.Zero);
        json.GetProperty("level").GetString().ShouldBe("info");
        json.GetProperty("event").GetString().ShouldBe("BecameLeader");
        json.GetProperty("message").GetString().ShouldBe("became leader of term 3");
        json.GetProperty("values").GetProperty("term").GetString().ShouldBe("3");
    }

    private static string Line(ConsoleFormatter formatter, LogLevel level, Exception? exception)
    {
        IReadOnlyList<KeyValuePair<string, object?>> state = [new("Term", 3ul), new("{OriginalFormat}", "became leader of term {Term}")];
        var entry = new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(
            level, "RaftMQ.Node", new EventId(1, "BecameLeader"), state, exception, (values, _) => $"became leader of term {values[0].Value}");
        using var output = new StringWriter { NewLine = "\n" };
        formatter.Write(entry, null, output);
        return output.ToString();
    }

    [GeneratedRegex(@"^\d\d:\d\d:\d\d")]
    private static partial Regex Time();
}
