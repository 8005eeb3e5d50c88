using System.Diagnostics;
using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Tests.Inspection;

/// <summary>The data folder of a stopped node on this machine, and <c>raftmq inspect</c> on it.</summary>
internal sealed class NodeFolder : IDisposable
{
    public const string Segment = "0000000001.wal";

    private static readonly ServerId Server = new(new NodeId(1), 7);
    private readonly DirectoryInfo _above = Directory.CreateTempSubdirectory("raftmq-inspect-");

    /// <summary>Birth, a topic, three messages (the last two truncated, one written again) and a pop, one write unit each.</summary>
    public NodeFolder()
    {
        var files = new PhysicalFileSystem(Path);
        using IDisposable taken = files.TryLock().ShouldNotBeNull();
        IdentityFile.Write(files, new ServerIdentity(new ClusterId(0xC1), Server));
        var sizes = new WalOptions { SegmentBytes = 8_192, MaxPayloadBytes = 1_024, SpareSegments = 1 };
        using WriteAheadLog log = WriteAheadLog.Open(files, sizes, () => 5, null, out _);
        var members = new Membership([new Member(Server.Node, Server.Incarnation, "127.0.0.1:7001", "127.0.0.1:8081")]);
        Append(log, new HardState(new Term(1), Server), null, 1, EntryKind.Birth, new Birth(new ClusterId(0xC1), Server, members, default).Encode());
        Append(log, null, null, 2, EntryKind.Command, QueueCommandCodec.CreateTopic("orders"));
        Append(log, null, null, 3, EntryKind.Command, QueueCommandCodec.Publish("orders", "one"u8, "key"));
        Append(log, null, null, 4, EntryKind.Command, QueueCommandCodec.Publish("orders", "lost"u8));
        Append(log, null, 4, 4, EntryKind.Command, QueueCommandCodec.Pop("orders"));
        log.WorkInBackground(idle: true);
    }

    public string Path => System.IO.Path.Combine(_above.FullName, "data");

    public string Above => _above.FullName;

    public void FlipBit(string name, int offset)
    {
        using FileStream file = File.Open(System.IO.Path.Combine(Path, name), FileMode.Open);
        file.Position = offset;
        int before = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(before ^ 1));
    }

    /// <summary>Names and contents of all files.</summary>
    public Dictionary<string, string> Everything() =>
        Directory.GetFileSystemEntries(Path).ToDictionary(file => file, file => Convert.ToHexString(File.ReadAllBytes(file)));

    public static async Task<(int Code, string Output, string Error)> Inspect(params string[] arguments)
    {
        var start = new ProcessStartInfo(System.IO.Path.Combine(AppContext.BaseDirectory, "raftmq"), ["inspect", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancelled);
        Task<string> error = process.StandardError.ReadToEndAsync(cancelled);
        await process.WaitForExitAsync(cancelled);
        return (process.ExitCode, await output, await error);
    }

    public void Dispose() => _above.Delete(recursive: true);

    private static void Append(WriteAheadLog log, HardState? state, ulong? truncateFrom, ulong index, EntryKind kind, byte[] payload)
    {
        var entry = new LogEntry(new LogIndex(index), new Term(1), kind, new LogTime(1_700_000_000_000 + (long)index), payload);
        log.Append(new WalBatch(state, truncateFrom is { } from ? new LogIndex(from) : null, [entry]));
        log.Sync();
    }
}
