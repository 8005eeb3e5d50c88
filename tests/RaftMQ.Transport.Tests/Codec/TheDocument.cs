using System.Text.RegularExpressions;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Codec;

/// <summary>The worked examples of PROTOCOL.md are what the code writes and reads.</summary>
public sealed partial class TheDocument
{
    private static readonly ClusterId Cluster = new(UInt128.Parse(
        "00112233445566778899aabbccddeeff", System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture));

    private static readonly ServerId One = new(new NodeId(1), 0x1111);
    private static readonly ServerId Two = new(new NodeId(2), 0x2222);

    [Fact]
    public void The_dialler_says_hello_as_documented() =>
        Example("hello").ShouldBe(Introduction.Hello(new ServerIdentity(Cluster, One), new SpokenVersions(new ClusterVersions(1, 2), 1), Two.Node, "10.0.0.1:7001").Encode(withPreamble: true));

    [Fact]
    public void The_acceptor_welcomes_as_documented() =>
        Example("welcome").ShouldBe(Introduction.Welcome(new ServerIdentity(ClusterId.None, Two), new SpokenVersions(new ClusterVersions(1, 2), 0)).Encode(withPreamble: true));

    [Fact]
    public void The_acceptor_refuses_as_documented() =>
        Example("refusal").ShouldBe(
            Introduction.Refusal(new ServerIdentity(new ClusterId(7), Two), new SpokenVersions(new ClusterVersions(1, 2), 1), RefusalReason.OtherCluster).Encode(withPreamble: true));

    [Fact]
    public void Entries_are_replicated_as_documented()
    {
        var previous = new LogPosition(new LogIndex(4), new Term(2));
        LogEntry[] entries = [new LogEntry(new LogIndex(5), new Term(3), EntryKind.Command, new LogTime(1_000), "hi"u8.ToArray())];
        var message = new RaftPeerMessage(
            new Consensus.Messages.AppendEntries(One, Two, new Term(3), previous, entries, new LogIndex(4), ReadRound: 9, ElectionTimeoutMs: 200));

        byte[] example = Example("append-entries");

        example.ShouldBe(Frames.Of(Cluster, message));
        FrameHeader header = FrameHeader.Read(example, example.Length);
        Frames.AreEqual(PeerMessageCodec.Read(header.Type, example.AsSpan(FrameHeader.Size)), message).ShouldBeTrue();
    }

    [Fact]
    public void Snapshots_are_sent_as_documented()
    {
        var last = new LogPosition(new LogIndex(4), new Term(2));
        var message = new RaftPeerMessage(
            new Consensus.Messages.InstallSnapshot(One, Two, new Term(3), last, 4, "hi"u8.ToArray(), IsLast: true, ReadRound: 9, Number: 7));

        byte[] example = Example("install-snapshot");

        example.ShouldBe(Frames.Of(Cluster, message));
        FrameHeader header = FrameHeader.Read(example, example.Length);
        Frames.AreEqual(PeerMessageCodec.Read(header.Type, example.AsSpan(FrameHeader.Size)), message).ShouldBeTrue();
    }

    [Fact]
    public void Every_frame_type_and_every_reason_is_listed()
    {
        string document = Document();
        foreach (FrameType type in Enum.GetValues<FrameType>())
        {
            document.ShouldContain($"| {(byte)type} | `{type}` |");
        }

        foreach (RefusalReason reason in Enum.GetValues<RefusalReason>().Except([RefusalReason.None, RefusalReason.Other]))
        {
            document.ShouldContain($"| {(byte)reason} | `{reason}` |");
        }
    }

    private static byte[] Example(string name)
    {
        Match block = Regex.Match(Document(), $"```hex {name}\n(?<lines>.*?)```", RegexOptions.Singleline);
        block.Success.ShouldBeTrue($"PROTOCOL.md has an example {name}");
        IEnumerable<string> hex = block.Groups["lines"].Value.Split('\n').Select(line => Comment().Replace(line, "").Replace(" ", ""));
        return Convert.FromHexString(string.Concat(hex));
    }

    private static string Document()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RaftMQ.slnx")))
        {
            folder = folder.Parent;
        }

        folder.ShouldNotBeNull();
        return File.ReadAllText(Path.Combine(folder.FullName, "src", "RaftMQ.Transport", "PROTOCOL.md"));
    }

    [GeneratedRegex("#.*$")]
    private static partial Regex Comment();
}
