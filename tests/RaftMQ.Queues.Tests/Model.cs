using System.Text;

namespace RaftMQ.Queues.Tests;

/// <summary>Random commands against a naive model: the same replies, the same counts; two machines agree; nothing is lost or made up.</summary>
public sealed class Model
{
    private const int Runs = 2_000;
    private const int CommandsPerRun = 60;
    private const long Window = 40;

    private readonly Dictionary<string, Queue<string>> _topics = [];
    private readonly Dictionary<string, (string Request, string Reply, long ExpiresAt)> _keys = [];

    [Fact]
    public void The_machine_does_what_the_model_does()
    {
        long published = 0;
        long popped = 0;
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
                (string request, byte[] command) = random.Next(5) switch
                {
                    0 => ("create " + topic, QueueCommandCodec.CreateTopic(topic, key)),
                    1 or 2 => ($"publish {topic} {body}", QueueCommandCodec.Publish(topic, Encoding.UTF8.GetBytes(body), key)),
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
            machine.Queue.MessageCount.ShouldBe(model._topics.Values.Sum(messages => messages.Count));
            published -= machine.Queue.MessageCount;
        }

        published.ShouldBe(popped, "published = popped + what is left");
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
        bool exists = _topics.TryGetValue(words[1], out Queue<string>? messages);
        switch (words[0])
        {
            case "create" when exists:
                return "TopicExists";
            case "create" when _topics.Count == 3:
                return "TooManyTopics";
            case "create":
                _topics.Add(words[1], new Queue<string>());
                return "Done ";
            case "publish" when exists && messages!.Count == 5:
                return "TopicFullMessages";
            case "publish" when exists:
                messages!.Enqueue(words[2]);
                return "Done ";
            case "pop" when exists:
                return messages!.Count == 0 ? "Empty" : "Done " + messages.Dequeue();
            default:
                return "NoSuchTopic";
        }
    }

    private sealed class IgnoringBody : IEqualityComparer<QueueReply>
    {
        public bool Equals(QueueReply x, QueueReply y) => x with { Body = default } == y with { Body = default };

        public int GetHashCode(QueueReply reply) => reply.Index.GetHashCode();
    }
}
