using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace RaftMQ.Bench.Load;

/// <summary>The account after everything has been popped.</summary>
internal sealed record Account(long Sent, long Acknowledged, long Refused, long Unknown)
{
    /// <summary>Acknowledged and never popped. Must be 0.</summary>
    public long Lost { get; init; }

    /// <summary>Popped more than once. Must be 0.</summary>
    public long Twice { get; init; }

    /// <summary>Refused for certain, and popped. Must be 0.</summary>
    public long RefusedButStored { get; init; }

    /// <summary>Popped, and never sent. Must be 0.</summary>
    public long Strange { get; init; }

    /// <summary>Of unknown outcome, and popped: they had been stored.</summary>
    public long UnknownButStored { get; init; }

    public bool IsClean => Lost == 0 && Twice == 0 && RefusedButStored == 0 && Strange == 0;
}

/// <summary>Pops topics until they are empty, over several connections, and compares with what the writers know.</summary>
internal static class Drain
{
    private const int Connections = 16;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);

    public static Account Run(IReadOnlyList<int> ports, IReadOnlyList<string> topics, IReadOnlyList<WriterLedger> ledgers)
    {
        var gate = new Lock();
        long strange = 0;
        string? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, Connections).Select(i => new Thread(() =>
        {
            try
            {
                PopAll(ports[i % ports.Count], topics, message =>
                {
                    lock (gate)
                    {
                        strange += IsKnown(ledgers, message) ? 0 : 1;
                    }
                });
            }
            catch (Exception lost) when (lost is SocketException or IOException or BenchFailedException)
            {
                failure = lost.Message;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return failure is null
            ? Settle(ledgers) with { Strange = strange }
            : throw new BenchFailedException($"the topics could not be drained, so nothing can be accounted: {failure}");
    }

    private static void PopAll(int port, IReadOnlyList<string> topics, Action<string> popped)
    {
        using var connection = new HttpConnection(port, RequestTimeout);
        foreach (string topic in topics)
        {
            PopAll(connection, topic, popped);
        }
    }

    private static void PopAll(HttpConnection connection, string topic, Action<string> popped)
    {
        byte[] request = HttpConnection.Request("GET", $"/message/{topic}");
        while (true)
        {
            HttpAnswer answer = connection.Exchange(request);
            switch (answer.Status)
            {
                case 200:
                    using (JsonDocument json = JsonDocument.Parse(answer.Body))
                    {
                        popped(json.RootElement.GetProperty("message").GetString()!);
                    }

                    break;
                case 404:
                    return;
                case 429 or 503:
                    // Definitely not popped: ask again.
                    Thread.Sleep(5);
                    break;
                default:
                    throw new BenchFailedException($"GET /message was answered with {answer.Status}");
            }
        }
    }

    private static bool IsKnown(IReadOnlyList<WriterLedger> ledgers, string message)
    {
        string[] parts = message.Split('-');
        return parts.Length == 2
            && message.StartsWith('w')
            && int.TryParse(parts[0].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int writer)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && writer < ledgers.Count
            && ledgers[writer].Popped(number);
    }

    private static Account Settle(IReadOnlyList<WriterLedger> ledgers)
    {
        var all = ledgers
            .SelectMany(ledger => ledger.Outcomes.Select((outcome, number) => (Outcome: outcome, Times: ledger.TimesPopped(number))))
            .ToList();
        return new Account(
            all.Count,
            all.Count(message => message.Outcome == WriteOutcome.Acknowledged),
            all.Count(message => message.Outcome == WriteOutcome.Refused),
            all.Count(message => message.Outcome == WriteOutcome.Unknown))
        {
            Lost = all.Count(message => message is { Outcome: WriteOutcome.Acknowledged, Times: 0 }),
            Twice = all.Count(message => message.Times > 1),
            RefusedButStored = all.Count(message => message is { Outcome: WriteOutcome.Refused, Times: > 0 }),
            UnknownButStored = all.Count(message => message is { Outcome: WriteOutcome.Unknown, Times: > 0 }),
        };
    }
}
