using System.CommandLine;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Replica.Disk;
using RaftMQ.Server.Inspection;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Commands;

/// <summary><c>raftmq recover</c>: the only door past the quorum. A new cluster of one node out of the folder of one member, when a majority of the folders is lost for good.</summary>
internal static class RecoverCommand
{
    /// <summary>So much of the cluster's name is typed to confirm.</summary>
    private const int ConfirmationDigits = 8;

    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The data folder of the stopped member that is left; it is only read." };
        var data = new Option<string>("--data") { Description = "The data folder to be; it must be empty, or not exist.", Required = true, HelpName = "NEW" };
        Option<string> client = SharedOptions.Client("Where clients will reach the node; usually as before.");
        Option<string> peer = SharedOptions.Peer("Where other nodes will reach it; usually as before.");
        var confirm = new Option<string>("--confirm")
        {
            Description = $"The first {ConfirmationDigits} digits of the old cluster's name, for scripts; usually they are asked for.",
            HelpName = "DIGITS",
        };
        var command = new CommandWithExample(
            "recover",
            "Make a new cluster of one node out of one member's folder, when a majority is lost for good.",
            "raftmq recover node2/data --data node2/recovered")
        {
            folder, data, client, peer, confirm,
        };
        command.SetAction(arguments => Run(
            arguments.GetRequiredValue(folder), arguments.GetRequiredValue(data), arguments.GetValue(client), arguments.GetValue(peer), arguments.GetValue(confirm)));
        return command;
    }

    private static int Run(string path, string data, string? client, string? peer, string? confirmation)
    {
        try
        {
            RequireOutside(path, data);
            FolderToBe.RequireEmpty(data);
            IFileSystem files = OpenOld(path);
            using IDisposable taken = files.TryLock() ?? throw Refused($"the folder {path} is in use by another process; stop its node first");
            RequireSettled(path, files);
            ServerIdentity old = IdentityFile.Read(files) ?? throw Refused(HoldsAside(files) ? OnlyAside(path) : $"{path} is no data folder of a node");
            using ProgressLine? progress = Console.IsErrorRedirected ? null : new ProgressLine(Console.Error, TimeProvider.System);
            using ReplicaFolder folder = ReplicaFolder.Open(new ShadowFileSystem(files), old.Server.Node, new WalOptions(), RestoreCommand.DrawId, progress is null ? null : progress.Report);
            MinorityRecovery found = MinorityRecovery.Read(folder, progress is null ? null : progress.Report)
                ?? throw Refused(HoldsAside(files) ? OnlyAside(path) : $"{path} holds nothing: its node has never been of a cluster");
            Member seat = RestoreCommand.SeatAs(SeatOf(path, folder, old.Server.Node, client, peer));
            Console.WriteLine(Warning(path, folder.Identity, found) + (HoldsAside(files) ? LeavesAside : ""));
            RequireConfirmed(folder.Identity.Cluster, confirmation);
            ServerIdentity identity = Fill(data, found, seat);
            Console.WriteLine(
                $"{data}: node {identity.Server.Node} of the new cluster {identity.Cluster}. Start it with raftmq serve, with this folder as its dataFolder and this node as its only member; "
                + "then add nodes with empty folders (raftmq serve --join, raftmq cluster add)");
            return ExitCode.Ok.Value;
        }
        catch (StorageDamagedException damaged)
        {
            throw Refused(
                $"{damaged.Message}; nothing was written to {data}: take another member's folder, or a backup (raftmq restore); raftmq inspect {path} shows every damaged place");
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or StorageRefusedException)
        {
            throw Refused($"{path} could not be recovered to {data}: {failure.Message}");
        }
        catch (Exception failure) when (failure is IOException or StorageFailedException)
        {
            throw FolderToBe.NotFilled(path, data, failure);
        }
    }

    /// <summary>The old folder is read, and nothing is ever put into it.</summary>
    private static void RequireOutside(string path, string data)
    {
        string old = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetFullPath(data).StartsWith(old + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new CommandFailedException(ExitCode.Configuration, $"the folder {data} lies in the old one, {path}, which is left as it is; name one outside of it");
        }
    }

    private static IFileSystem OpenOld(string path) => Directory.Exists(path)
        ? Hosting.DataFolder.OpenReadOnly(path)
        : throw new CommandFailedException(ExitCode.Configuration, $"there is no folder {path}; DIR is the data folder of a member");

    /// <summary>A start would go on emptying the folder first. That is for its node to do, and never for a command that only reads it.</summary>
    private static void RequireSettled(string path, IFileSystem files)
    {
        if (DataFolder.IsBeingDiscarded(files))
        {
            throw Refused($"{path} holds nothing that counts: its node was emptying it when it ended");
        }

        if (DataFolder.IsBeingSetAside(files))
        {
            throw Refused(
                $"{path} is damaged, and its node was setting it aside when it ended; nothing was changed: make a copy of it, give the copy's files their names back "
                + "(docs/reference/damage-and-repair.md tells which), and recover from the copy");
        }
    }

    private static bool HoldsAside(IFileSystem files) => files.List().Any(DataFolder.IsAside);

    private static string OnlyAside(string path) =>
        $"{path} holds nothing but what was set aside as damaged ({DataFolder.AsideOf("damaged")} says why); nothing was changed: copy the other files to another folder, "
        + $"without {DataFolder.AsideOf("")} in front of their names, look at that one with raftmq inspect, and recover from it";

    /// <summary>The node's seat, as the last configuration in its folder has it. Who has none there holds an old state of a cluster that went on without it.</summary>
    private static Member SeatOf(string path, ReplicaFolder folder, NodeId node, string? client, string? peer)
    {
        LogEntry configuration = folder.Recovered.Configurations[^1];
        Membership members = configuration.Kind == EntryKind.Birth ? Birth.Decode(configuration.Payload).Members : Membership.Decode(configuration.Payload.Span, out _);
        Member? before = members.Find(node);
        if (before is null && (client is null || peer is null))
        {
            throw Refused(
                $"{path}: by entry {configuration.Index} node {node} is no member: it was removed from that cluster, or not taken in yet; nothing was written: "
                + "take a member's folder, or a backup (raftmq restore); if this is all that is left, say with --client and --peer where its node will be");
        }

        return new Member(node, 0, peer ?? before!.PeerAddress, client ?? before!.ClientAddress);
    }

    private const string LeavesAside =
        "\n- what was set aside as damaged in this folder (aside.*) is left out, and may be more: look at a copy of it first, all but aside.damaged, with names without aside.";

    private static string Warning(string path, ServerIdentity identity, MinorityRecovery found) =>
        $"""
        {path}: node {identity.Server.Node} of cluster {identity.Cluster}, {found.Machine.MessageCount:N0} messages in {found.Machine.Topics.Count:N0} topics; the log goes up to entry {found.Last}.
        This gives the cluster up and begins another one with what this folder holds. That is for when a majority of the data folders is lost for good, and for nothing else:
        - what a majority had and this node had not received is lost, though it was acknowledged; take the member whose log goes furthest (raftmq inspect shows where it ends);
        - what this node has behind entry {found.KnownCommitted}, where its newest snapshot ends, may have been acknowledged to nobody, and is kept;
        - messages that were popped and of whose pop it has not heard are there again;
        - the other members' folders belong to the old cluster for ever: as long as a majority of them may come back, start them instead; never start them beside the new one.
        """;

    private static void RequireConfirmed(ClusterId cluster, string? confirmation)
    {
        string wanted = cluster.ToString()[..ConfirmationDigits];
        if (confirmation is null)
        {
            Console.Write($"Type the first {ConfirmationDigits} digits of the old cluster's name to go on: ");
            confirmation = Console.ReadLine();
        }

        if (confirmation?.Trim() != wanted)
        {
            throw new CommandFailedException(
                ExitCode.Configuration, $"not confirmed, nothing was written: the first {ConfirmationDigits} digits of the old cluster's name are {wanted} (--confirm {wanted} in scripts)");
        }
    }

    private static ServerIdentity Fill(string data, MinorityRecovery found, Member seat)
    {
        using var folder = new FolderToBe(data);
        using ProgressLine? progress = Console.IsErrorRedirected ? null : new ProgressLine(Console.Error, TimeProvider.System);
        ServerIdentity identity = BackupRestore.Fill(folder.Files, Pieces(found, progress), seat, new WalOptions(), RestoreCommand.DrawId).Identity;
        folder.Keep();
        return identity;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(MinorityRecovery found, ProgressLine? progress)
    {
        long bytes = 0;
        foreach (ReadOnlyMemory<byte> piece in found.Pieces)
        {
            yield return piece;
            bytes += piece.Length;
            progress?.Report(new RecoveryProgress(bytes, 0));
        }
    }

    private static CommandFailedException Refused(string message) => new(ExitCode.DataRefused, message);
}
