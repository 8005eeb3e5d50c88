using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using RaftMQ.Bench.Load;

namespace RaftMQ.Bench.Reports;

/// <summary>Figures as a table for people and as JSON for programs: the same numbers, added once.</summary>
internal sealed class Report
{
    private const double Megabyte = 1e6;

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

    /// <summary>Whether an aim was missed.</summary>
    public bool HasMissed { get; private set; }

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

    /// <summary>A figure for programs only, beside a row that says it in words.</summary>
    public void Note(string key, double value) => _json[key] = value;

    /// <summary>Whether an aim was met. One that was not is shown as such, and the command fails with it.</summary>
    /// <param name="key">Its name for programs.</param>
    /// <param name="aim">What was aimed at.</param>
    /// <param name="isMet">Whether it was.</param>
    /// <param name="found">The figure that it was held against.</param>
    public void Aim(string key, string aim, bool isMet, string found)
    {
        Row($"  aim: {aim}", isMet ? $"met ({found})" : $"MISSED: {found}");
        _json[$"{key}AimMet"] = isMet;
        HasMissed |= !isMet;
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

    /// <summary>Bytes as megabytes of a million.</summary>
    public static string Mb(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / Megabyte:#,0.0} MB");

    public static string Ms(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:#,0.000} ms");
}
