using System.CommandLine;
using System.Security.Cryptography;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Replica.Disk;
using RaftMQ.Server.Configuration;
using RaftMQ.Server.Inspection;
using RaftMQ.Storage;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Transfer;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Commands;

/// <summary><c>raftmq restore</c>: a new cluster of one node out of a backup, in an empty folder.</summary>
internal static class RestoreCommand
{
    private const int PieceBytes = 1024 * 1024;

    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "What raftmq backup has written." };
        var data = new Option<string>("--data") { Description = "The data folder to be; it must be empty, or not exist.", Required = true, HelpName = "DIR" };
        Option<int?> node = SharedOptions.Number("--node", "The number of the node. [default: 1]", "ID", int.MaxValue);
        Option<string> client = SharedOptions.Client("Where clients will reach it.");
        client.DefaultValueFactory = _ => "127.0.0.1:8081";
        Option<string> peer = SharedOptions.Peer("Where other nodes will reach it.");
        peer.DefaultValueFactory = _ => "127.0.0.1:7001";
        var command = new CommandWithExample("restore", "Make a new cluster of one node out of a backup.", "raftmq restore orders.backup --data node1/data")
        {
            file, data, node, client, peer,
        };
        command.SetAction(arguments => Run(
            arguments.GetRequiredValue(file),
            arguments.GetRequiredValue(data),
            SeatAs(new Member(new NodeId((uint)(arguments.GetValue(node) ?? 1)), 0, arguments.GetRequiredValue(peer), arguments.GetRequiredValue(client)))));
        return command;
    }

    /// <summary>Requires that a seat can be taken.</summary>
    internal static Member SeatAs(Member seat)
    {
        try
        {
            return Settings.ClientAddress(seat.ClientAddress) == Settings.PeerAddress(seat.PeerAddress)
                ? throw new SettingException($"{seat.ClientAddress} cannot be both addresses, --client and --peer")
                : seat;
        }
        catch (SettingException wrong)
        {
            throw new CommandFailedException(ExitCode.Configuration, wrong.Message);
        }
    }

    private static int Run(string path, string data, Member seat)
    {
        try
        {
            using FileStream backup = Open(path);
            byte[] head = new byte[BackupFile.HeadBytes];
            int count = backup.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            BackupFile.RequireHead(head.AsSpan(0, count));
            FolderToBe.RequireEmpty(data);
            (RestoredState state, ServerIdentity identity) = Fill(backup, data, seat);
            Console.WriteLine(
                $"{data}: {state.Machine.MessageCount:N0} messages in {state.Machine.Topics.Count:N0} topics; node {identity.Server.Node} of the new cluster {identity.Cluster}. "
                + "Start it with raftmq serve, with this folder as its dataFolder and this node as its only member");
            return ExitCode.Ok.Value;
        }
        catch (Exception wrong) when (wrong is FormatException or StorageRefusedException)
        {
            throw new CommandFailedException(ExitCode.DataRefused, $"{path} cannot be restored: {wrong.Message}; nothing was written to {data}");
        }
        catch (Exception failure) when (failure is IOException or StorageFailedException)
        {
            throw FolderToBe.NotFilled(path, data, failure);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            string wrong = Directory.Exists(path) ? $"{path} is a folder, not a file"
                : failure is FileNotFoundException or DirectoryNotFoundException ? $"there is no file {path}"
                : $"{path} cannot be read by this user";
            throw new CommandFailedException(ExitCode.Configuration, $"{wrong}; FILE is what raftmq backup has written");
        }
    }

    private static (RestoredState State, ServerIdentity Identity) Fill(FileStream backup, string data, Member seat)
    {
        using var folder = new FolderToBe(data);
        using ProgressLine? progress = Console.IsErrorRedirected ? null : new ProgressLine(Console.Error, TimeProvider.System);
        (RestoredState State, ServerIdentity Identity) filled = BackupRestore.Fill(folder.Files, Pieces(backup, progress), seat, new WalOptions(), DrawId);
        folder.Keep();
        return filled;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(FileStream backup, ProgressLine? progress)
    {
        byte[] buffer = new byte[PieceBytes];
        int count;
        while ((count = backup.Read(buffer)) > 0)
        {
            yield return buffer.AsMemory(0, count);
            progress?.Report(new RecoveryProgress(backup.Position, backup.Length));
        }
    }

    internal static ulong DrawId()
    {
        Span<byte> bytes = stackalloc byte[8];
        ulong id;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            id = BitConverter.ToUInt64(bytes);
        }
        while (id == 0);

        return id;
    }
}
