using System.CommandLine;
using RaftMQ.Contracts;
using RaftMQ.Server.Operation;

namespace RaftMQ.Server.Commands;

/// <summary><c>raftmq backup</c>: everything that a running node holds, in one file. A file of that name is there only once it is whole, checked and durable.</summary>
internal static class BackupCommand
{
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

        using UnfinishedFile file = Begin(path);
        using var download = new BackupDownload(url!);
        try
        {
            (long bytes, long entries) = await download.ToAsync(file.Content, cancellation);
            file.Finish();
            Console.WriteLine($"{path}: {bytes:N0} bytes with the bodies of {entries:N0} entries; to make a cluster of it: raftmq restore {path} --data DIR");
            return ExitCode.Ok.Value;
        }
        catch (CommandFailedException refused)
        {
            throw new CommandFailedException(refused.ExitCode, $"the backup failed: {refused.Message}; nothing was written to {path}");
        }
        catch (IOException failure)
        {
            throw new CommandFailedException(ExitCode.DiskFailed, $"the backup failed: {failure.Message.TrimEnd('.')}; nothing was written to {path}");
        }
    }

    private static UnfinishedFile Begin(string path)
    {
        string part = UnfinishedFile.PartOf(path);
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        try
        {
            return new UnfinishedFile(path);
        }
        catch (IOException) when (!Directory.Exists(folder))
        {
            throw new CommandFailedException(ExitCode.Configuration, $"there is no folder {folder} for {path}; make it first, or name another file");
        }
        catch (IOException) when (File.Exists(part) || Directory.Exists(part))
        {
            throw new CommandFailedException(
                ExitCode.Configuration, $"{part} exists: another backup to {path} is under way, or ended half way; wait for it, remove {part}, or give this one another name");
        }
        catch (IOException failure)
        {
            throw new CommandFailedException(ExitCode.DiskFailed, $"{path} cannot be written: {failure.Message.TrimEnd('.')}; name another file");
        }
        catch (UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Configuration, $"{path} cannot be written: this user may not create files in {folder}; name another file");
        }
    }
}
