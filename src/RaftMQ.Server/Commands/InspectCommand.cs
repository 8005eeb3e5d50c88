using System.CommandLine;
using RaftMQ.Contracts;
using RaftMQ.Server.Inspection;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Inspection;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Commands;

/// <summary><c>raftmq inspect</c>: what the data folder of a stopped node holds, and every place in it that is damaged. It changes nothing.</summary>
internal static class InspectCommand
{
    private const int OutputBufferBytes = 64 * 1024;

    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The data folder of a stopped node; it is only read." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var entries = new Option<string>("--entries")
        {
            Description = "List the entries, too: all, one (7), or a range (5..9, 5.., ..9).",
            HelpName = "FIRST..LAST",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new CommandWithExample(
            "inspect",
            "Check and show what the data folder of a stopped node holds.",
            "raftmq inspect .raftmq/node-1/data\nraftmq inspect .raftmq/node-1/data --entries 1..20\nraftmq inspect .raftmq/node-1/data --json")
        {
            folder, json, entries,
        };
        command.SetAction(arguments => Run(
            arguments.GetRequiredValue(folder),
            arguments.GetValue(json),
            arguments.GetResult(entries) is null ? null : RangeOf(arguments.GetValue(entries))));
        return command;
    }

    private static int Run(string path, bool json, IndexRange? range)
    {
        try
        {
            FolderInspection folder = Inspect(path, json, range, out string fullPath);
            return folder.IsSound ? ExitCode.Ok.Value : throw Damaged(fullPath, folder);
        }
        catch (DirectoryNotFoundException missing)
        {
            throw new CommandFailedException(ExitCode.Configuration, $"{missing.Message}; DIR is the data folder of a node");
        }
        catch (StorageRefusedException refused)
        {
            throw new CommandFailedException(ExitCode.DataRefused, refused.Message);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(
                ExitCode.DataRefused, $"the folder {path} cannot be read: {failure.Message}; inspect it as the user that the node runs as");
        }
    }

    private static FolderInspection Inspect(string path, bool json, IndexRange? range, out string fullPath)
    {
        IFileSystem files = Hosting.DataFolder.OpenReadOnly(path);
        fullPath = files.Description;
        if (!FolderInspection.IsDataFolder(files))
        {
            throw NoDataFolder(fullPath);
        }

        using IDisposable taken = files.TryLock() ?? throw new CommandFailedException(
            ExitCode.DataRefused, $"the data folder {fullPath} is in use by another process; stop that one, or inspect a copy of the folder");
        using Stream output = Console.OpenStandardOutput();
        using var text = new StreamWriter(output, bufferSize: OutputBufferBytes);

        // A listing on the same terminal is progress enough.
        bool showsProgress = !Console.IsErrorRedirected && (range is null || Console.IsOutputRedirected);
        JsonDocumentWriter? document = json ? new JsonDocumentWriter(output, range) : null;
        IJournalVisitor? visitor = document ?? (range is { } wanted ? new TextListing(text, wanted) : (IJournalVisitor?)null);
        FolderInspection folder = Read(files, visitor, showsProgress);
        document?.End(InspectionReport.Of(fullPath, folder));
        if (json || range is not null)
        {
            // Ends the document, or stands between the listing and the report.
            text.WriteLine();
        }

        if (!json)
        {
            new InspectionText(text).Write(fullPath, folder);
        }

        return folder;
    }

    private static FolderInspection Read(IFileSystem files, IJournalVisitor? visitor, bool showsProgress)
    {
        using ProgressLine? progress = showsProgress ? new ProgressLine(Console.Error, TimeProvider.System) : null;
        return FolderInspection.Run(files, new WalOptions(), visitor, progress is null ? null : progress.Report);
    }

    private static IndexRange RangeOf(string? text) =>
        text is null ? IndexRange.All
        : IndexRange.TryParse(text, out IndexRange range) ? range
        : throw new CommandFailedException(
            ExitCode.Configuration, $"--entries takes an index or a range of them, such as 7, 5..9, 5.. or ..9, not \"{text}\"; DIR comes before it");

    private static CommandFailedException NoDataFolder(string path)
    {
        string below = Path.Combine(path, "data");
        string advice = Directory.Exists(below) ? $"try {below}" : "DIR is what \"dataFolder\" is in the node's configuration";
        return new CommandFailedException(ExitCode.Configuration, $"{path} is no data folder: it holds neither an identity nor a log; {advice}");
    }

    private static CommandFailedException Damaged(string path, FolderInspection folder)
    {
        Finding[] damage = [.. folder.Findings.Where(finding => finding.Kind == FindingKind.Damage)];
        string places = damage.Length == 1 ? "" : $"{damage.Length} places, the first of them in ";
        return new CommandFailedException(
            ExitCode.DataRefused,
            $"{path} is damaged in {places}{EntryText.Printable(damage[0].File)} at offset {damage[0].Offset}; restore the folder from where it is whole, or empty it: "
            + "with a majority of the other nodes up, the node comes back as a new incarnation and receives the log");
    }
}
