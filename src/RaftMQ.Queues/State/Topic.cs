namespace RaftMQ.Queues.State;

/// <summary>A topic: messages in the order in which they were published. Its number is never used again, nor are its messages' sequence numbers.</summary>
internal sealed class Topic(ulong number, byte[] name, string text)
{
    public ulong Number { get; } = number;

    /// <summary>The name in UTF-8.</summary>
    public byte[] Name { get; } = name;

    public string Text { get; } = text;

    /// <summary>The sequence number of the next message.</summary>
    public ulong NextSequence { get; private set; } = 1;

    public int Count => Messages.Count;

    /// <summary>Body bytes waiting.</summary>
    public long Bytes { get; private set; }

    public TopicPolicy Policy { get; set; }

    /// <summary>Messages that were dropped because the topic was full.</summary>
    public long Dropped { get; set; }

    public Message Oldest => Messages.Peek();

    public ChunkedQueue<Message> Messages { get; } = new();

    public Message Append(in BodyReference body)
    {
        var message = new Message(NextSequence++, body);
        Messages.Enqueue(message);
        Bytes += body.Length;
        return message;
    }

    /// <summary>Puts a message of a snapshot behind the others.</summary>
    public void Put(in Message message)
    {
        Messages.Enqueue(message);
        Bytes += message.Body.Length;
        NextSequence = message.Sequence + 1;
    }

    public void SetNextSequence(ulong sequence)
    {
        Invariant.Require(sequence >= NextSequence, "sequence numbers are never used again");
        NextSequence = sequence;
    }

    public Message TakeOldest()
    {
        Message message = Messages.Dequeue();
        Bytes -= message.Body.Length;
        return message;
    }
}
