using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using RaftMQ.Bench.Load;

namespace RaftMQ.Bench.Reports;

/// <summary>Figures as a table for people and as JSON for programs: the same numbers, added once.</summary>
internal sealed class Report
{
    private readonly JsonObject _json = [];

    public Report(string command)
    {
        _json["command"] = command;
        _json["at"] = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture);
        _json["processors"] = Environment.ProcessorCount;
        _json["system"] = RuntimeInformation.OSDescription;
        _json["runtime"] = RuntimeInformation.FrameworkDescription;
        Console.WriteLine($"{command} on {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}");
    }

    /// <summary>A number with its unit.</summary>
    public void Add(string name, string key, double value, string unit, string format = "#,0.##")
    {
        Row(name, $"{value.ToString(format, CultureInfo.InvariantCulture)} {unit}".TrimEnd());
        _json[key] = value;
    }

    /// <summary>A word.</summary>
    public void Add(string name, string key, string value)
    {
        Row(name, value);
        _json[key] = value;
    }

    /// <summary>The percentiles of a measurement.</summary>
    public void Add(string name, string key, LatencyHistogram latency)
    {
        Row(name, $"p50 {Ms(latency.Percentile(0.5))}  p90 {Ms(latency.Percentile(0.9))}  p99 {Ms(latency.Percentile(0.99))}  max {Ms(latency.Max)}");
        _json[key] = new JsonObject
        {
            ["count"] = latency.Count,
            ["p50Ms"] = latency.Percentile(0.5).TotalMilliseconds,
            ["p90Ms"] = latency.Percentile(0.9).TotalMilliseconds,
            ["p99Ms"] = latency.Percentile(0.99).TotalMilliseconds,
            ["maxMs"] = latency.Max.TotalMilliseconds,
        };
    }

    /// <summary>A closed loop: rate, percentiles, and whatever was not answered as expected.</summary>
    public void Add(string name, string key, LoadResult load)
    {
        Add($"{name}, {load.Connections} conn.", $"{key}Latency", load.Latency);
        Add("", $"{key}PerSecond", load.PerSecond, "requests/s", "#,0");
        if (load.Errors > 0)
        {
            IEnumerable<string> others = load.Statuses.Select(pair =>
                pair.Key == 0 ? $"{pair.Value} connections lost" : $"{pair.Value} answered {pair.Key}");
            Row("", string.Join(", ", others));
        }

        _json[$"{key}Errors"] = load.Errors;
    }

    /// <summary>Prints a row when it is known: a long run shows how far it is.</summary>
    public void Row(string name, string value)
    {
        Console.WriteLine($"  {name,-34} {value}");
    }

    /// <summary>Writes the JSON file, if one is wanted.</summary>
    public void Save(string? path)
    {
        if (path is not null)
        {
            File.WriteAllText(path, _json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
            Console.WriteLine($"written to {path}");
        }
    }

    public static string Ms(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:#,0.000} ms");
}
