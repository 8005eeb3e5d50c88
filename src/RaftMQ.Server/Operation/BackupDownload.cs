using System.Net;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Inspection;
using RaftMQ.Storage.Transfer;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Operation;

/// <summary>A backup on its way from a running node: each part is checked as it comes, and none is waited for for ever.</summary>
/// <param name="node">The node's client address.</param>
internal sealed class BackupDownload(Uri node) : IDisposable
{
    private const int PieceBytes = 256 * 1024;
    private const int MaxAnswerCharacters = 500;

    /// <summary>For so long a machine may take to let a connection in.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);

    /// <summary>For so long a node may take to say how it is: it waits for nothing.</summary>
    private static readonly TimeSpan GreetingPatience = TimeSpan.FromSeconds(5);

    /// <summary>For so long it may be silent before a piece, such as while it takes the snapshot: longer than its own patience, at the end of which it says what is wrong.</summary>
    private static readonly TimeSpan PiecePatience = TimeSpan.FromSeconds(70);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = ConnectPatience }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Writes the backup to a file.</summary>
    /// <returns>How long it is, and of how many entries it has the bodies.</returns>
    /// <exception cref="CommandFailedException">The node cannot be asked, refuses, or sends no whole backup.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task<(long Bytes, long Entries)> ToAsync(Stream file, CancellationToken cancellation)
    {
        // Who stands still is found out by this; a backup may be waited for for longer.
        (await HearAsync(GreetingPatience, token => GetAsync("/v1/node", token), cancellation)).Dispose();
        using HttpResponseMessage answer = await HearAsync(PiecePatience, token => GetAsync("/v1/backup", token), cancellation);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            string text = await HearAsync(PiecePatience, answer.Content.ReadAsStringAsync, cancellation);
            throw Refused($"answered {(int)answer.StatusCode}: {EntryText.Printable(text[..Math.Min(text.Length, MaxAnswerCharacters)])}");
        }

        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellation);
        try
        {
            return await CopyAsync(piece => HearAsync(PiecePatience, token => body.ReadAsync(piece, token).AsTask(), cancellation), file, cancellation);
        }
        catch (FormatException wrong)
        {
            throw Refused($"sent no whole backup: {wrong.Message.TrimEnd('.')}");
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<(long Bytes, long Entries)> CopyAsync(Func<Memory<byte>, Task<int>> readAsync, Stream file, CancellationToken cancellation)
    {
        using ProgressLine? progress = Console.IsErrorRedirected ? null : new ProgressLine(Console.Error, TimeProvider.System);
        var check = new TransferCheck();
        byte[] buffer = new byte[PieceBytes];
        int head = 0;
        int count;
        while (head < BackupFile.HeadBytes && (count = await readAsync(buffer.AsMemory(head, BackupFile.HeadBytes - head))) > 0)
        {
            head += count;
        }

        BackupFile.RequireHead(buffer.AsSpan(0, head));
        await file.WriteAsync(buffer.AsMemory(0, head), cancellation);
        long bytes = head;
        while ((count = await readAsync(buffer)) > 0)
        {
            check.Add(buffer.AsSpan(0, count));
            await file.WriteAsync(buffer.AsMemory(0, count), cancellation);
            bytes += count;
            progress?.Report(new RecoveryProgress(bytes, 0));
        }

        return check.IsComplete ? (bytes, check.EntryCount) : throw new FormatException("it ends too early");
    }

    private Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellation) =>
        _http.GetAsync(new Uri(node, path), HttpCompletionOption.ResponseHeadersRead, cancellation);

    /// <summary>Waits for the node, and says in the operator's words why in vain.</summary>
    private async Task<T> HearAsync<T>(TimeSpan patience, Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            return await ask(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Refused(limit.IsCancellationRequested
                ? $"has said nothing for {patience.TotalSeconds} s; name another node with --from"
                : $"lets no connection in within {ConnectPatience.TotalSeconds} s; name another node with --from");
        }
        catch (HttpRequestException failure)
        {
            throw Refused($"cannot be asked: {ClusterSearch.Words(failure)}");
        }
        catch (IOException failure)
        {
            throw Refused($"broke it off: {failure.Message.TrimEnd('.')}");
        }
    }

    private CommandFailedException Refused(string what) => new(ExitCode.ClusterRefused, $"{node.GetLeftPart(UriPartial.Authority)} {what}");
}
