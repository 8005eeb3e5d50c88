using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Server.Inspection;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Tests.Inspection;

/// <summary>The words of <c>raftmq inspect</c>: ranges, entries, progress.</summary>
public sealed class InspectionWords
{
    [Theory]
    [InlineData("7", 7, 7)]
    [InlineData("5..9", 5, 9)]
    [InlineData("5..", 5, ulong.MaxValue)]
    [InlineData("..9", 1, 9)]
    public void A_range_has_one_end_or_two(string text, ulong first, ulong last)
    {
        IndexRange.TryParse(text, out IndexRange range).ShouldBeTrue();

        range.ShouldBe(new IndexRange(first, last));
        range.Holds(new LogIndex(first)).ShouldBeTrue();
        range.Holds(new LogIndex(first - 1)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("0")]
    [InlineData("9..5")]
    [InlineData("1..2..3")]
    [InlineData("-1")]
    [InlineData("data")]
    public void Anything_else_is_no_range(string text) => IndexRange.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void What_a_log_holds_cannot_speak_to_the_terminal()
    {
        string content = EntryText.ContentOf(Entry(EntryKind.Command, QueueCommandCodec.Pop("a\u001b[2J\n\u009b" + new string('x', 200))));

        content.ShouldBe("pop \"a\\u001B[2J\\n\\u009B" + new string('x', 80 - 7) + "…\"");
    }

    [Fact]
    public void What_cannot_be_read_says_so()
    {
        EntryText.ContentOf(Entry(EntryKind.Command, [99, 1, 2])).ShouldBe("a command that this program does not know");
        EntryText.ContentOf(Entry(EntryKind.Birth, [1])).ShouldBe("cannot be read: the birth entry is too short or of an unknown version");
        EntryText.ContentOf(Entry(EntryKind.NoOp, [])).ShouldBe("");
        EntryText.TimeOf(new LogTime(long.MaxValue)).ShouldBe("9223372036854775807");
    }

    [Fact]
    public void Every_kind_of_command_has_a_name()
    {
        EntryText.ContentOf(Entry(EntryKind.Command, QueueCommandCodec.SetTopicPolicy("a", new TopicPolicyChange(MaxMessages: 1), "k"))).ShouldBe("set-topic-policy \"a\", with a request key");
        Enum.GetValues<QueueCommandKind>().ShouldAllBe(kind => !EntryText.CommandOf(kind).StartsWith("command "));
    }

    [Fact]
    public void A_vacant_seat_is_told_from_a_taken_one()
    {
        var membership = new Membership([new Member(new NodeId(1), 0xAB, "a:1", "a:2"), new Member(new NodeId(2), 0, "b:1", "b:2")]);

        EntryText.ContentOf(Entry(EntryKind.Membership, membership.Encode())).ShouldBe("seats 1/ab, 2 vacant");

        Membership growing = membership.WithLearner(new Member(new NodeId(3), 0xCD, "c:1", "c:2", Replaces: new NodeId(1)));
        EntryText.ContentOf(Entry(EntryKind.Membership, growing.Encode())).ShouldBe("seats 1/ab, 2 vacant, 3/cd (learner for 1)");
        EntryText.ContentOf(Entry(EntryKind.Membership, growing.Joint([new NodeId(3)], [new NodeId(1)]).Encode())).ShouldBe("seats 1/ab (outgoing), 2 vacant, 3/cd (incoming)");
        EntryText.ContentOf(Entry(EntryKind.Membership, membership.WithVersion(2).Encode())).ShouldBe("cluster version 2; seats 1/ab, 2 vacant");
    }

    [Fact]
    public void Progress_is_shown_after_a_second_with_its_rate_not_too_often_and_taken_away()
    {
        var time = new SteppedTime();
        var terminal = new StringWriter();
        var line = new ProgressLine(terminal, time);
        var half = new RecoveryProgress(512L << 20, 1024L << 20);

        time.Milliseconds = 900;
        line.Report(half);
        line.Dispose();
        terminal.ToString().ShouldBe("");

        time.Milliseconds = 2_000;
        line.Report(half);
        time.Milliseconds = 2_100;
        line.Report(half);
        line.Dispose();
        terminal.ToString().ShouldBe("\r\u001b[K50 % of 1,024 MiB read, 256 MiB/s\r\u001b[K");
    }

    private static LogEntry Entry(EntryKind kind, byte[] payload) => new(new LogIndex(1), new Term(1), kind, new LogTime(0), payload);

    private sealed class SteppedTime : TimeProvider
    {
        public long Milliseconds { get; set; }

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Milliseconds;
    }
}
