using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Reports;

/// <summary>One line on a terminal that says how far it is, written over and over; nothing anywhere else.</summary>
/// <param name="errors">Standard error.</param>
/// <param name="isTerminal">Whether a person looks at it.</param>
internal sealed class ProgressLine(TextWriter errors, bool isTerminal)
{
    private const string EraseLine = "\r\x1b[2K";
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    private TimeSpan _last;

    public void Show(Runner runner)
    {
        if (!isTerminal || runner.Elapsed - _last < Between)
        {
            return;
        }

        _last = runner.Elapsed;
        Figures figures = runner.Tally.Figures;
        double rate = figures.Events / Math.Max(0.001, runner.Elapsed.TotalSeconds);
        errors.Write(FormattableString.Invariant(
            $"{EraseLine}{figures.Runs:N0} of {runner.Planned:N0} runs, {figures.Events / 1e6:0.0} million events, {rate:N0} per second, {figures.Failed} failed"));
    }

    public void Erase()
    {
        if (isTerminal)
        {
            errors.Write(EraseLine);
        }
    }
}
