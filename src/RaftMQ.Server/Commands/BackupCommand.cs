using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using RaftMQ.Contracts;
using RaftMQ.Server.Inspection;
using RaftMQ.Storage.Transfer;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Commands;

/// <summary><c>raftmq backup</c>: everything that a running node holds, in one file. A file of that name is there only once it is whole, checked and durable.</summary>
internal static class BackupCommand
{
    private const int PieceBytes = 256 * 1024;
    private const int MostOfAnAnswer = 500;

    public static Command Build()
    {
        var from = new Option<string>("--from") { Description = "The client address of a node of the cluster.", Required = true, HelpName = "URL" };
        var file = new Argument<string>("FILE") { Description = "Where the backup goes; there must be no file of that name." };
        var command = new CommandWithExample("backup", "Write everything that a running cluster holds to a file.", "raftmq backup --from http://127.0.0.1:8081 orders.backup")
        {
            from, file,
        };
        command.SetAction((arguments, cancellation) => RunAsync(arguments.GetRequiredValue(from), arguments.GetRequiredValue(file), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string from, string path, CancellationToken cancellation)
    {
        bool isUrl = Uri.TryCreate(from, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https";
        if (!isUrl)
        {
            throw new CommandFailedException(ExitCode.Configuration, $"--from takes the address of a node, such as http://127.0.0.1:8081, not \"{from}\"");
        }

        if (File.Exists(path) || Directory.Exists(path))
        {
            throw new CommandFailedException(ExitCode.Configuration, $"{path} exists, and a backup never replaces a file; give it another name");
        }

        string unfinished = path + ".part";
        try
        {
            (long bytes, long entries) = await DownloadAsync(new Uri(url!, "/v1/backup"), unfinished, cancellation);
            File.Move(unfinished, path);
            Console.WriteLine($"{path}: {bytes:N0} bytes with the bodies of {entries:N0} entries; to make a cluster of it: raftmq restore {path} --data DIR");
            return ExitCode.Ok.Value;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or FormatException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(
                IsOfTheNode(failure) ? ExitCode.ClusterRefused : ExitCode.DataRefused, $"the backup failed: {failure.Message.TrimEnd('.')}; nothing was written to {path}");
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Whether the node could not be asked, refused, or sent no whole backup; else it is the file that cannot be written.</summary>
    private static bool IsOfTheNode(Exception failure) =>
        failure is HttpRequestException or HttpIOException or EndOfStreamException or FormatException or IOException { InnerException: SocketException };

    private static async Task<(long Bytes, long Entries)> DownloadAsync(Uri url, string path, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using HttpResponseMessage answer = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            string text = await answer.Content.ReadAsStringAsync(cancellation);
            throw new HttpRequestException($"{url} answered {(int)answer.StatusCode}: {EntryText.Printable(text[..Math.Min(text.Length, MostOfAnAnswer)])}");
        }

        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellation);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        using ProgressLine? progress = Console.IsErrorRedirected ? null : new ProgressLine(Console.Error, TimeProvider.System);
        var check = new TransferCheck();
        byte[] head = new byte[BackupFile.HeadBytes];
        await body.ReadExactlyAsync(head, cancellation);
        BackupFile.RequireHead(head);
        await file.WriteAsync(head, cancellation);
        long bytes = head.Length;
        byte[] buffer = new byte[PieceBytes];
        int count;
        while ((count = await body.ReadAsync(buffer, cancellation)) > 0)
        {
            check.Add(buffer.AsSpan(0, count));
            await file.WriteAsync(buffer.AsMemory(0, count), cancellation);
            bytes += count;
            progress?.Report(new RecoveryProgress(bytes, 0));
        }

        if (!check.IsComplete)
        {
            throw new FormatException("the node broke it off before its end");
        }

        file.Flush(flushToDisk: true);
        return (bytes, check.EntryCount);
    }
}
