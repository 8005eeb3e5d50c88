using System.Globalization;

namespace RaftMQ.Bench.Measures;

/// <summary>
/// What a process takes of the machine's memory, as the system counts it. A node does not report its managed heap; that lies within the anonymous part.
/// </summary>
/// <param name="ResidentBytes">RSS: all pages in memory.</param>
/// <param name="AnonymousBytes">Of them those that no file stands behind: heaps and stacks.</param>
/// <param name="HighestBytes">The highest RSS so far.</param>
internal readonly record struct ProcessMemory(long ResidentBytes, long AnonymousBytes, long HighestBytes)
{
    /// <summary>Looks at a process of this machine.</summary>
    public static ProcessMemory Of(int process)
    {
        try
        {
            string[] lines = File.ReadAllLines($"/proc/{process}/status");
            return new ProcessMemory(Bytes(lines, "VmRSS:"), Bytes(lines, "RssAnon:"), Bytes(lines, "VmHWM:"));
        }
        catch (IOException gone)
        {
            throw new BenchFailedException($"the memory of process {process} cannot be read: {gone.Message}");
        }
    }

    private static long Bytes(string[] lines, string name)
    {
        string line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))
            ?? throw new BenchFailedException($"the system does not report {name.TrimEnd(':')} of a process; memory cannot be measured here");
        return 1024 * long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
