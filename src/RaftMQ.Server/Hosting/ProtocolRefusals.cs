using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using RaftMQ.Contracts;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Hosting;

/// <summary>
/// What is not even HTTP, or over a limit of the first line or the header fields, is refused by the web server underneath, without a body. It tells of each such request before it sends the
/// answer: that is when the reason and the limit are put into its header.
/// </summary>
internal sealed class ProtocolRefusals : IObserver<KeyValuePair<string, object?>>
{
    private const string BadRequestEvent = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private readonly HttpOptions _options;

    private ProtocolRefusals(HttpOptions options) => _options = options;

    /// <summary>Explains all that is refused from now on until the result is disposed.</summary>
    public static IDisposable Explain(DiagnosticListener events, HttpOptions options) => events.Subscribe(new ProtocolRefusals(options), name => name == BadRequestEvent);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is not IFeatureCollection features || features.Get<IBadRequestExceptionFeature>()?.Error is not BadHttpRequestException refused
            || features.Get<IHttpResponseFeature>() is not { HasStarted: false } response)
        {
            return;
        }

        (Reason reason, string? limit) = Of(refused.StatusCode);
        response.Headers[HeaderNames.Reason] = reason.Token;
        response.Headers.CacheControl = "no-store";
        if (limit is not null)
        {
            response.Headers[HeaderNames.Limit] = limit;
        }

        if (reason.RetryAfterSeconds > 0)
        {
            response.Headers.RetryAfter = reason.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        // It would reset the header before it sends it: so it is sent now. Short as it is, it never has to wait for the client, and if it cannot be sent there is nobody to be told.
        response.Headers.Connection = "close";
        _ = features.Get<IHttpResponseBodyFeature>()?.StartAsync();
    }

    public void OnCompleted()
    {
        // The web server has stopped.
    }

    public void OnError(Exception error)
    {
        // Nobody reports any.
    }

    private (Reason Reason, string? Limit) Of(int status) => status switch
    {
        StatusCodes.Status414UriTooLong => (Reason.RequestLineTooLong, $"{HttpLimits.MaxRequestLineBytes} bytes"),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => (
            Reason.HeadersTooLarge, $"{_options.MaxHeaderBytes} bytes (http.maxHeaderBytes), {HttpLimits.MaxHeaderCount} fields"),
        StatusCodes.Status413PayloadTooLarge => (Reason.BodyTooLarge, $"{HttpLimits.LargestBodyBytes} bytes"),
        StatusCodes.Status408RequestTimeout => (
            Reason.RequestTimeout, $"{_options.HeadersTimeoutMs} ms for the header fields (http.headersTimeoutMs), {_options.MinDataBytesPerSecond} bytes a second (http.minDataBytesPerSecond)"),
        _ => (Reason.BadRequest, null),
    };
}
