using RaftMQ.Contracts;

namespace RaftMQ.Server.Tests.Http;

/// <summary>An answer.</summary>
internal sealed record Reply(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string? Reason => Headers.GetValueOrDefault(HeaderNames.Reason);

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
