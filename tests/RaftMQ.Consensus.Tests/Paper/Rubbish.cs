using RaftMQ.Consensus.Messages;
using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>What no sound server sends is recognised before it is taken in, and all that sound servers send passes.</summary>
public sealed class Rubbish
{
    private static readonly byte[] NoConfiguration = [1];

    private static Dictionary<string, Message> Messages => new()
    {
        { "a term that no cluster reaches", new TimeoutNow(S2, S1, new Term(ulong.MaxValue)) },
        { "a gap between its entries", Replicates(S2, 2, At(1, 1), 0, Entry(2, 2), Entry(4, 2)) },
        { "entries that do not follow the previous one", Replicates(S2, 2, At(1, 1), 0, Entry(3, 2)) },
        { "terms that fall along the log", Replicates(S2, 3, At(1, 1), 0, Entry(2, 3), Entry(3, 2)) },
        { "an entry of an earlier term than the previous one", Replicates(S2, 3, At(1, 2), 0, Entry(2, 1)) },
        { "an entry of a later term than its leader's", Replicates(S2, 2, At(1, 1), 0, Entry(2, 3)) },
        { "a previous entry of a later term than its leader's", Replicates(S2, 2, At(1, 3), 0) },
        { "time that falls along the log", Replicates(S2, 2, At(1, 1), 0, Entry(2, 2) with { Time = new LogTime(7) }, Entry(3, 2) with { Time = new LogTime(6) }) },
        { "time before the beginning", Replicates(S2, 2, At(1, 1), 0, Entry(2, 2) with { Time = new LogTime(-1) }) },
        { "a payload over the bound", Replicates(S2, 2, At(1, 1), 0, Entry(2, 2) with { Payload = new byte[LogEntry.MaxPayloadBytes + 1] }) },
        { "a configuration that is none", Replicates(S2, 2, At(1, 1), 0, Entry(2, 2) with { Kind = EntryKind.Membership, Payload = NoConfiguration }) },
        { "a birth in the middle", Replicates(S2, 2, At(1, 1), 0, Entry(2, 2) with { Kind = EntryKind.Birth }) },
        { "a snapshot of nothing", Installs(S2, 2, LogPosition.Zero, 0, 1) },
        { "a snapshot of a later term than its leader's", Installs(S2, 2, At(5, 3), 0, 1) },
        { "a piece before the beginning", Installs(S2, 2, At(5, 1), -1, 0) },
        { "a piece where no snapshot ends", Installs(S2, 2, At(5, 1), 0, 1) with { Offset = long.MaxValue } },
        { "a piece over the bound", Installs(S2, 2, At(5, 1), 0, 1) with { Data = new byte[InstallSnapshot.MaxDataBytes + 1] } },
        { "an answer before the beginning", new InstallSnapshotResponse(S2, S1, new Term(2), At(5, 1), -1, false, 0, true) },
        { "an answer for a snapshot of a later term", new InstallSnapshotResponse(S2, S1, new Term(2), At(5, 3), 0, true, 0, true) },
        { "a birth that is none", Replicates(S2, 2, LogPosition.Zero, 0, Entry(1, 1) with { Kind = EntryKind.Birth, Payload = NoConfiguration }) },
    };

    public static TheoryData<string> Names => [.. Messages.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_message_with_what_no_sound_server_sends_breaks_a_rule(string what) => MessageRules.Broken(Messages[what]).ShouldNotBeNull();

    [Fact]
    public void What_a_leader_sends_keeps_the_rules()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Propose();
        leader.Acknowledges(S2, 1);

        Message[] sent = leader.Sent();

        sent.OfType<AppendEntries>().ShouldContain(append => append.Entries.Length > 1);
        sent.ShouldAllBe(message => MessageRules.Broken(message) == null);
    }

    [Fact]
    public void What_is_said_of_a_snapshot_keeps_the_rules()
    {
        Server leader = CompactedTo(3, 1, 1, 1).Elected();
        leader.Receive(new AppendEntriesResponse(S3, S1, leader.Core.CurrentTerm, false, LogIndex.Zero, At(2, 0), 0, true)).Ticks(HeartbeatTicks).OwnerLoads(10);
        Server follower = WithLog(1).Receive(Installs(S2, 2, At(5, 1), 0, 0)).Receive(Installs(S2, 2, At(5, 1), 0, 10, isLast: true)).DiskInstalls();

        Message[] sent = [.. leader.Sent(), .. follower.Sent()];

        sent.OfType<InstallSnapshot>().Select(install => install.IsPiece).ShouldBe([false, true]);
        sent.OfType<InstallSnapshotResponse>().Count().ShouldBe(2);
        sent.ShouldAllBe(message => MessageRules.Broken(message) == null);
    }
}
