namespace RaftMQ.Queues.Tests;

/// <summary>Topics and the order of their messages.</summary>
public sealed class Topics
{
    [Fact]
    public void Topics_are_listed_in_order_of_creation_and_exist_once()
    {
        var machine = new Machine();

        machine.Create("zebra").ShouldBe(QueueOutcome.Done);
        machine.Create("ant ☃").ShouldBe(QueueOutcome.Done);
        machine.Create("zebra").ShouldBe(QueueOutcome.TopicExists);

        machine.Queue.Topics.ShouldBe(["zebra", "ant ☃"]);
        machine.Queue.Count("zebra").ShouldBe(0);
        machine.Queue.Count("nowhere").ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("\u0085")]
    [InlineData("\0")]
    public void What_is_no_segment_of_a_path_is_no_name(string name)
    {
        var machine = new Machine();

        machine.Create(name).ShouldBe(QueueOutcome.BadTopicName);
        machine.Queue.Topics.ShouldBeEmpty();
    }

    [Fact]
    public void Messages_leave_in_the_order_in_which_they_came_each_topic_for_itself()
    {
        var machine = new Machine();
        machine.Create("a");
        machine.Create("b");
        machine.Publish("a", "1");
        machine.Publish("b", "x");
        machine.Publish("a", "2");

        machine.Pop("a").ShouldBe("1");
        machine.Pop("a").ShouldBe("2");
        machine.Pop("a").ShouldBe("Empty");
        machine.Pop("b").ShouldBe("x");
        machine.Pop("nowhere").ShouldBe("NoSuchTopic");
        machine.Publish("nowhere", "1").ShouldBe(QueueOutcome.NoSuchTopic);
    }
}
