using System.Diagnostics;
using System.Globalization;

namespace RaftMQ.Bench.Measures;

/// <summary>Takes the sizes of folders every 200 ms from its making to its end, into a series and, if one is wanted, a CSV file.</summary>
internal sealed class SizeSampler : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly IReadOnlyList<string> _folders;
    private readonly Func<long> _published;
    private readonly StreamWriter? _csv;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _end = new();
    private readonly long _began = Stopwatch.GetTimestamp();
    private string? _failure;
    private bool _hasEnded;

    /// <param name="folders">One for each node.</param>
    /// <param name="published">How many messages have been published so far: a column of the file.</param>
    /// <param name="csv">The file; null for none.</param>
    public SizeSampler(IReadOnlyList<string> folders, Func<long> published, string? csv)
    {
        (_folders, _published) = (folders, published);
        _csv = csv is null ? null : new StreamWriter(csv);
        _csv?.WriteLine($"seconds,published,{string.Join(',', folders.Select((_, i) => $"node{i + 1}Bytes"))}");
        _thread = new Thread(Run) { IsBackground = true, Name = "folder sizes" };
        _thread.Start();
    }

    /// <summary>What was sampled; to be read when it has ended.</summary>
    public SizeSeries Series { get; } = new();

    /// <summary>Takes a last sample and ends.</summary>
    public void Dispose()
    {
        if (_hasEnded)
        {
            return;
        }

        _hasEnded = true;
        _end.Set();
        _thread.Join();
        _csv?.Dispose();
        _end.Dispose();
    }

    /// <summary>Ends, and refuses a series that broke off.</summary>
    public void Complete()
    {
        Dispose();
        if (_failure is not null)
        {
            throw new BenchFailedException($"the folders' sizes could not be sampled to the end: {_failure}");
        }
    }

    private void Run()
    {
        try
        {
            bool isLast;
            do
            {
                isLast = _end.Wait(Interval);
                TakeSample();
            }
            while (!isLast);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            _failure = gone.Message;
        }
    }

    private void TakeSample()
    {
        var sample = new SizeSample(Stopwatch.GetElapsedTime(_began).TotalSeconds, [.. _folders.Select(FolderSize.Of)]);
        Series.Add(sample);
        _csv?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sample.Seconds:0.000},{_published()},{string.Join(',', sample.Bytes)}"));
    }
}
