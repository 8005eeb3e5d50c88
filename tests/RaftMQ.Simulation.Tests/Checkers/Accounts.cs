using RaftMQ.Simulation.Checkers;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>The account's figures, and how it says what is lost.</summary>
public sealed class Accounts
{
    [Fact]
    public void Every_message_is_in_one_column()
    {
        MessageAccount account = MessageAccount.Of(Story.Read("""
            log 1 configure perTopic=2
            log 2 create a
            log 3 publish a m1 key k
            log 4 publish a m1 key k
            log 5 publish a m2
            log 6 publish a m3
            log 7 pop a
            left a m2
            c1 1-2 create a => Done @2
            c1 3- publish a m1 key k
            c1 5-6 publish a m1 key k => Done @3
            c2 7-8 publish a m2 => Unknown
            c2 9-10 publish a m3 => TopicFullMessages @6
            c2 11-12 publish a m4 => NotDone
            c2 13-14 publish a m5 => Unknown
            c3 15-16 pop a => m1 @7
            """).History);

        account.Finding.ShouldBeNull();
        (account.Sent, account.Acknowledged, account.Refused, account.Unknown).ShouldBe((5, 1, 2, 2));
        (account.Stored, account.Popped, account.Remaining).ShouldBe((2, 1, 1));
    }

    [Fact]
    public void What_was_dropped_by_overflow_has_a_column_of_its_own()
    {
        MessageAccount account = MessageAccount.Of(Story.Read("""
            log 1 configure
            log 2 create a messages=2 drop-oldest
            log 3 publish a m1
            log 4 publish a m2
            log 5 publish a m3
            log 6 policy a messages=1
            log 7 publish a m4
            log 8 pop a
            dropped a 3
            c1 1-2 create a messages=2 drop-oldest => Done @2
            c1 3-4 publish a m1 => Done @3
            c1 5-6 publish a m2 => Done @4
            c1 7-8 publish a m3 => Done @5
            c1 9-10 policy a messages=1 => Done @6
            c1 11-12 publish a m4 => Done @7
            c1 13-14 pop a => m4 @8
            """).History);

        account.Finding.ShouldBeNull();
        (account.Stored, account.Popped, account.Dropped, account.Remaining).ShouldBe((4, 1, 3, 0));
    }

    [Theory]
    [InlineData("m2 m3 m4", "1 of 4 (prefix): m1")]
    [InlineData("m1 m4", "2 of 4 (middle): m2, m3")]
    [InlineData("m2 m4", "2 of 4 (middle): m1, m3")]
    [InlineData("m1 m2", "2 of 4 (postfix): m3, m4")]
    [InlineData("", "4 of 4 (all of them): m1, m2, m3, m4")]
    public void What_is_lost_is_named_by_its_place(string left, string said)
    {
        string log = string.Concat(Enumerable.Range(1, 4).Select(i => $"log {i + 2} publish a m{i}\nc1 {10 * i}-{(10 * i) + 1} publish a m{i} => Done @{i + 2}\n"));
        string story = $"log 1 configure\nlog 2 create a\nc1 1-2 create a => Done @2\n{log}{(left.Length > 0 ? "left a " + left : string.Empty)}";

        MessageAccount.Of(Story.Read(story).History).Finding!.Message.ShouldContain(said);
    }

    [Fact]
    public void What_was_acknowledged_and_is_not_in_the_log_is_named_by_its_place()
    {
        MessageAccount account = MessageAccount.Of(Story.Read("""
            log 1 configure
            log 2 create a
            log 3 publish a m1
            left a m1
            c1 1-2 create a => Done @2
            c1 3-4 publish a m1 => Done @3
            c1 5-6 publish a m2 => Done @4
            c1 7-8 publish a m3 => Done @5
            """).History);

        account.Finding.ShouldNotBeNull();
        account.Finding.Invariant.ShouldBe("I14");
        account.Finding.Message.ShouldContain("2 of 3 (postfix): m2, m3");
    }
}
