using System.Globalization;
using System.Text;
using RaftMQ.Bench.Measures;

namespace RaftMQ.Bench.Reports;

/// <summary>Sizes over time as a small SVG drawing: a line for each node, and one for the aim.</summary>
internal static class SizePlot
{
    private const int Width = 800;
    private const int Height = 320;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 30;
    private const int Bottom = 40;
    private const int MostPoints = 400;
    private const int Ticks = 5;
    private const double Megabyte = 1e6;
    private static readonly string[] Colours = ["#1f77b4", "#d95f02", "#1b9e77"];

    /// <param name="series">What was sampled.</param>
    /// <param name="title">A line above.</param>
    /// <param name="aimBytes">Where the line of the aim is drawn.</param>
    /// <returns>The text of the file.</returns>
    public static string Draw(SizeSeries series, string title, long aimBytes)
    {
        IReadOnlyList<SizeSample> samples = series.Reduced(MostPoints);
        double seconds = Math.Max(1, samples.Count > 0 ? samples[^1].Seconds : 1);
        double bytes = 1.1 * Math.Max(series.HighestFrom(0), aimBytes);
        var svg = new StringBuilder();
        svg.AppendLine(Invariant($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12">"""));
        svg.AppendLine("""<rect width="100%" height="100%" fill="white"/>""");
        svg.AppendLine(Invariant($"""<text x="{Left}" y="18">{title}</text>"""));
        for (int tick = 0; tick <= Ticks; tick++)
        {
            AppendTick(svg, seconds * tick / Ticks, seconds, bytes * tick / Ticks, bytes);
        }

        double aim = Y(aimBytes, bytes);
        svg.AppendLine(Invariant($"""<line x1="{Left}" y1="{aim:0.0}" x2="{Width - Right}" y2="{aim:0.0}" stroke="#888" stroke-dasharray="6 4"/>"""));
        svg.AppendLine(Invariant($"""<text x="{Width - Right}" y="{aim - 4:0.0}" text-anchor="end" fill="#666">aim: {aimBytes / Megabyte:0} MB</text>"""));
        for (int node = 0; samples.Count > 0 && node < samples[0].Bytes.Count; node++)
        {
            string colour = Colours[node % Colours.Length];
            string points = string.Join(' ', samples.Select(sample => Invariant($"{X(sample.Seconds, seconds):0.0},{Y(sample.Bytes[node], bytes):0.0}")));
            svg.AppendLine(Invariant($"""<polyline points="{points}" fill="none" stroke="{colour}"/>"""));
            svg.AppendLine(Invariant($"""<text x="{Width - Right - (70 * (samples[0].Bytes.Count - node - 1))}" y="18" text-anchor="end" fill="{colour}">node {node + 1}</text>"""));
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static void AppendTick(StringBuilder svg, double atSeconds, double seconds, double atBytes, double bytes)
    {
        double x = X(atSeconds, seconds);
        double y = Y(atBytes, bytes);
        svg.AppendLine(Invariant($"""<line x1="{Left}" y1="{y:0.0}" x2="{Width - Right}" y2="{y:0.0}" stroke="#ddd"/>"""));
        svg.AppendLine(Invariant($"""<text x="{Left - 6}" y="{y + 4:0.0}" text-anchor="end">{atBytes / Megabyte:0} MB</text>"""));
        svg.AppendLine(Invariant($"""<text x="{x:0.0}" y="{Height - Bottom + 18}" text-anchor="middle">{atSeconds:0} s</text>"""));
    }

    private static double X(double at, double seconds) => Left + ((Width - Left - Right) * at / seconds);

    private static double Y(double at, double bytes) => Height - Bottom - ((Height - Top - Bottom) * at / bytes);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
