using System.Globalization;
using System.Text;

namespace RaftMQ.Queues.Tests;

/// <summary>Random commands against a naive model: the same replies, the same counts; two machines agree; nothing is lost or made up.</summary>
public sealed class Model
{
    private const int Runs = 2_000;
    private const int CommandsPerRun = 60;
    private const long Window = 40;

    private readonly Dictionary<string, ModelTopic> _topics = [];
    private readonly Dictionary<string, (string Request, string Reply, long ExpiresAt)> _keys = [];

    [Fact]
    public void The_machine_does_what_the_model_does()
    {
        long published = 0;
        long popped = 0;
        long dropped = 0;
        for (int run = 0; run < Runs; run++)
        {
            var random = new Random(run);
            var model = new Model();
            var machine = new Machine(new QueueLimits { RequestKeyWindowMilliseconds = Window, MaxMessagesPerTopic = 5, MaxTopics = 3 });
            var twin = new Machine(machine.Queue.Limits);
            for (int i = 0; i < CommandsPerRun; i++)
            {
                machine.Now = twin.Now += random.Next(8);
                string topic = "t" + random.Next(4);
                string? key = random.Next(3) == 0 ? "k" + random.Next(6) : null;
                string body = "m" + random.Next(3);
                (int max, bool drops) = (random.Next(1, 7), random.Next(2) == 0);
                TopicPolicyChange policy = run % 2 == 0 ? default : new TopicPolicyChange(MaxMessages: max, Overflow: drops ? Overflow.DropOldest : Overflow.Reject);
                (string request, byte[] command) = random.Next(policy.IsEmpty ? 1 : 0, 6) switch
                {
                    0 => ($"policy {topic} {max} {drops}", QueueCommandCodec.SetTopicPolicy(topic, policy, key)),
                    1 => ($"create {topic} {(policy.IsEmpty ? "5 False" : $"{max} {drops}")}", QueueCommandCodec.CreateTopic(topic, key, policy)),
                    2 or 3 => ($"publish {topic} {body}", QueueCommandCodec.Publish(topic, Encoding.UTF8.GetBytes(body), key)),
                    _ => ("pop " + topic, QueueCommandCodec.Pop(topic, key)),
                };

                QueueReply reply = machine.Do(command);
                twin.Do(command).ShouldBe(reply with { Body = default }, new IgnoringBody());

                if (random.Next(40) == 0)
                {
                    machine.Restore(chunkBytes: random.Next(1, 400));
                }

                string expected = model.Do(request, key, machine.Now);
                string actual = reply.Outcome == QueueOutcome.Done ? "Done " + Encoding.UTF8.GetString(machine.BodyOf(reply)) : reply.Outcome.ToString();
                actual.ShouldBe(expected, $"run {run}, command {i}: {request} key {key}");
                published += request.StartsWith("publish", StringComparison.Ordinal) && model.LastWasCarriedOut ? 1 : 0;
                popped += request.StartsWith("pop", StringComparison.Ordinal) && model.LastWasCarriedOut ? 1 : 0;
            }

            machine.Queue.StateHash.ShouldBe(twin.Queue.StateHash);
            machine.Queue.MessageCount.ShouldBe(model._topics.Values.Sum(topic => topic.Messages.Count));
            machine.Queue.DroppedCount.ShouldBe(model._topics.Values.Sum(topic => topic.Dropped));
            model._topics.ShouldAllBe(topic => machine.Queue.Look(topic.Key)!.Value.Dropped == topic.Value.Dropped);
            published -= machine.Queue.MessageCount;
            dropped += machine.Queue.DroppedCount;
        }

        published.ShouldBe(popped + dropped, "published = popped + dropped + what is left");
        dropped.ShouldBeGreaterThan(Runs / 4);
        popped.ShouldBeGreaterThan(Runs);
    }

    [Fact]
    public void The_order_of_messages_is_part_of_the_state()
    {
        var one = new Machine();
        var other = new Machine();
        one.Create("a");
        other.Create("a");
        one.Publish("a", "1");
        one.Publish("a", "2");
        other.Publish("a", "2");
        other.Publish("a", "1");

        one.Queue.StateHash.ShouldNotBe(other.Queue.StateHash);
    }

    private bool LastWasCarriedOut { get; set; }

    private string Do(string request, string? key, long now)
    {
        LastWasCarriedOut = false;
        foreach (string expired in _keys.Where(kept => kept.Value.ExpiresAt <= now).Select(kept => kept.Key).ToArray())
        {
            _keys.Remove(expired);
        }

        if (key is not null && _keys.TryGetValue(key, out (string Request, string Reply, long ExpiresAt) first))
        {
            return first.Request == request ? first.Reply : "RequestKeyReused";
        }

        string reply = CarryOut(request.Split(' '));
        LastWasCarriedOut = reply.StartsWith("Done", StringComparison.Ordinal);
        if (key is not null && LastWasCarriedOut)
        {
            _keys.Add(key, (request, reply, now + Window));
        }

        return reply;
    }

    private string CarryOut(string[] words)
    {
        bool exists = _topics.TryGetValue(words[1], out ModelTopic? topic);
        switch (words[0])
        {
            case "create" or "policy" when words[2] == "6":
                return "PolicyAboveMaxMessages";
            case "create" when exists:
                return "TopicExists";
            case "create" when _topics.Count == 3:
                return "TooManyTopics";
            case "create":
                _topics.Add(words[1], new ModelTopic { Max = int.Parse(words[2], CultureInfo.InvariantCulture), Drops = words[3] == "True" });
                return "Done ";
            case "policy" when exists:
                (topic!.Max, topic.Drops) = (int.Parse(words[2], CultureInfo.InvariantCulture), words[3] == "True");
                topic.DropAbove(topic.Max);
                return "Done ";
            case "publish" when exists:
                topic!.DropAbove(topic.Max - 1);
                return topic.Messages.Count >= topic.Max ? "TopicFullMessages" : topic.Enqueue(words[2]);
            case "pop" when exists:
                return topic!.Messages.Count == 0 ? "Empty" : "Done " + topic.Messages.Dequeue();
            default:
                return "NoSuchTopic";
        }
    }

    private sealed class ModelTopic
    {
        public Queue<string> Messages { get; } = new();

        public int Max { get; set; }

        public bool Drops { get; set; }

        public long Dropped { get; private set; }

        public string Enqueue(string body)
        {
            Messages.Enqueue(body);
            return "Done ";
        }

        public void DropAbove(int count)
        {
            while (Drops && Messages.Count > count)
            {
                Messages.Dequeue();
                Dropped++;
            }
        }
    }

    private sealed class IgnoringBody : IEqualityComparer<QueueReply>
    {
        public bool Equals(QueueReply x, QueueReply y) => x with { Body = default } == y with { Body = default };

        public int GetHashCode(QueueReply reply) => reply.Index.GetHashCode();
    }
}
