namespace RaftMQ.Node.Tests;

/// <summary>The inbox of a dedicated thread.</summary>
public sealed class InboxTests
{
    [Fact]
    public void Everything_arrives_once_and_in_the_order_of_its_sender()
    {
        const int Senders = 4;
        const int Each = 20_000;
        var inbox = new Inbox<(int Sender, int Number)>();
        Thread[] senders = [.. Enumerable.Range(0, Senders).Select(sender => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                inbox.Post((sender, i));
            }
        }))];
        Array.ForEach(senders, sender => sender.Start());

        int[] next = new int[Senders];
        var taken = new List<(int Sender, int Number)>();
        for (int count = 0; count < Senders * Each; count += taken.Count)
        {
            taken.Clear();
            inbox.Take(ref taken, 1_000);
            foreach ((int sender, int number) in taken)
            {
                number.ShouldBe(next[sender]++);
            }
        }

        Array.ForEach(senders, sender => sender.Join());
        inbox.Count.ShouldBe(0);
    }

    [Fact]
    public void Taking_from_an_empty_inbox_returns_after_the_time_out_with_nothing()
    {
        var inbox = new Inbox<int>();
        var taken = new List<int>();

        inbox.Take(ref taken, 1);

        taken.ShouldBeEmpty();
    }

    [Fact]
    public void A_wake_ends_the_wait_although_nothing_came()
    {
        var inbox = new Inbox<int>();
        var taken = new List<int>();
        inbox.Wake();

        inbox.Take(ref taken, 60_000);

        taken.ShouldBeEmpty();
    }
}
