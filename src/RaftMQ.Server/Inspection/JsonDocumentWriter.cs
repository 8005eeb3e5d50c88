using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RaftMQ.Consensus;
using RaftMQ.Storage.Inspection;

namespace RaftMQ.Server.Inspection;

/// <summary>
/// Writes an inspection as one JSON document. The entries, if they are asked for, come first: they are written while the log is read, so that a log of any length takes no
/// memory.
/// </summary>
internal sealed class JsonDocumentWriter : IJournalVisitor
{
    private const int FlushBytes = 64 * 1024;

    private static readonly InspectionJson Entries = new(new JsonSerializerOptions(InspectionJson.Default.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    });

    private readonly Utf8JsonWriter _writer;
    private readonly IndexRange? _range;

    /// <param name="output">Where to.</param>
    /// <param name="range">Which entries, or null for none.</param>
    public JsonDocumentWriter(Stream output, IndexRange? range)
    {
        _writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _range = range;
        _writer.WriteStartObject();
        if (range is not null)
        {
            _writer.WriteStartArray("entries");
        }
    }

    public bool Wants(LogIndex index) => _range?.Holds(index) ?? false;

    public void Entry(in LogEntry entry) => Add(ListedReport.Of(entry));

    public void Truncation(LogIndex from) => Add(from.Value <= _range?.Last ? new ListedReport { TruncatedFrom = from.Value } : null);

    public void Damage(Finding finding) => Add(_range is null ? null : new ListedReport { Finding = FindingReport.Of(finding) });

    /// <summary>Writes the report and ends the document.</summary>
    public void End(InspectionReport report)
    {
        if (_range is not null)
        {
            _writer.WriteEndArray();
        }

        foreach (JsonProperty property in JsonSerializer.SerializeToElement(report, InspectionJson.Default.InspectionReport).EnumerateObject())
        {
            property.WriteTo(_writer);
        }

        _writer.WriteEndObject();
        _writer.Flush();
    }

    private void Add(ListedReport? listed)
    {
        if (listed is null)
        {
            return;
        }

        JsonSerializer.Serialize(_writer, listed, Entries.ListedReport);
        if (_writer.BytesPending >= FlushBytes)
        {
            _writer.Flush();
        }
    }
}
