namespace RaftMQ.Bench.Measures;

/// <summary>The sizes of some folders at one moment.</summary>
/// <param name="Seconds">Since the beginning.</param>
/// <param name="Bytes">One for each folder.</param>
internal sealed record SizeSample(double Seconds, IReadOnlyList<long> Bytes);

/// <summary>
/// Sizes over time, in memory that is bounded: when it is full, of two neighbours one remains, with the higher sizes of both, so that no peak is lost.
/// </summary>
internal sealed class SizeSeries
{
    private const int MaxSamples = 4_096;

    private readonly List<SizeSample> _samples = [];
    private int _every = 1;
    private int _pending;

    public IReadOnlyList<SizeSample> Samples => _samples;

    /// <summary>The highest size of any folder from a moment on.</summary>
    public long HighestFrom(double seconds) => _samples.Where(sample => sample.Seconds >= seconds).SelectMany(sample => sample.Bytes).DefaultIfEmpty().Max();

    public void Add(SizeSample sample)
    {
        if (_pending > 0)
        {
            _samples[^1] = HigherOf(_samples[^1], sample);
            _pending--;
            return;
        }

        if (_samples.Count == MaxSamples)
        {
            Halve();
        }

        _samples.Add(sample);
        _pending = _every - 1;
    }

    /// <summary>So many samples at most, none of their peaks lost: for a plot.</summary>
    public IReadOnlyList<SizeSample> Reduced(int most)
    {
        int share = (_samples.Count + most - 1) / most;
        return share <= 1 ? _samples : [.. _samples.Chunk(share).Select(chunk => chunk.Aggregate(HigherOf))];
    }

    private static SizeSample HigherOf(SizeSample a, SizeSample b) => new(a.Seconds, [.. a.Bytes.Zip(b.Bytes, Math.Max)]);

    private void Halve()
    {
        SizeSample[] halved = [.. _samples.Chunk(2).Select(pair => pair.Aggregate(HigherOf))];
        _samples.Clear();
        _samples.AddRange(halved);
        _every *= 2;
    }
}
