using Microsoft.Net.Http.Headers;
using RaftMQ.Contracts;

namespace RaftMQ.Server.Http;

/// <summary>
/// Whether a body is declared as what it must be: JSON in UTF-8, not compressed. A request that declares nothing is taken at its body: early
/// answers to the
/// assignment send none, and a body that is not JSON is refused anyway.
/// </summary>
internal static class MediaType
{
    /// <summary>The one media type.</summary>
    public const string Json = "application/json";

    /// <summary>Why the declaration is refused, or null.</summary>
    public static Refusal? Check(HttpRequest request)
    {
        string? declared = request.ContentType;
        if (!string.IsNullOrEmpty(declared) && declared != Json && !IsJsonInUtf8(declared))
        {
            return new Refusal(
                Reason.UnsupportedMediaType, $"{Reason.UnsupportedMediaType.Title}, but as {Shown(declared)}; {Reason.UnsupportedMediaType.Advice}");
        }

        string? coding = request.Headers.ContentEncoding;
        return string.IsNullOrEmpty(coding) || coding.Equals("identity", StringComparison.OrdinalIgnoreCase)
            ? null
            : new Refusal(Reason.UnsupportedMediaType, $"the body is encoded as {Shown(coding)}; send it without Content-Encoding");
    }

    private static bool IsJsonInUtf8(string declared) =>
        MediaTypeHeaderValue.TryParse(declared, out MediaTypeHeaderValue? type) &&
        type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase) &&
        (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static string Shown(string value) => value.Length <= 80 ? value : value[..80] + "…";
}
