namespace RaftMQ.Queues.State;

/// <summary>A topic: messages in the order in which they were published. Its number is never used again, nor are its messages' sequence numbers.</summary>
internal sealed class Topic(ulong number, byte[] name, string text)
{
    private const int KeptCapacity = 1_024;

    private readonly Queue<Message> _messages = new();

    public ulong Number { get; } = number;

    /// <summary>The name in UTF-8.</summary>
    public byte[] Name { get; } = name;

    public string Text { get; } = text;

    /// <summary>The sequence number of the next message.</summary>
    public ulong NextSequence { get; private set; } = 1;

    public long Count => _messages.Count;

    /// <summary>Body bytes waiting.</summary>
    public long Bytes { get; private set; }

    public Message Oldest => _messages.Peek();

    public IEnumerable<Message> Messages => _messages;

    public Message Append(in BodyReference body)
    {
        var message = new Message(NextSequence++, body);
        _messages.Enqueue(message);
        Bytes += body.Length;
        return message;
    }

    public Message TakeOldest()
    {
        Message message = _messages.Dequeue();
        Bytes -= message.Body.Length;
        if (_messages.Capacity > KeptCapacity && _messages.Count < _messages.Capacity / 4)
        {
            // A backlog that was worked off gives its memory back, and one that halves again and again is copied once in all.
            _messages.TrimExcess(_messages.Capacity / 2);
        }

        return message;
    }
}
