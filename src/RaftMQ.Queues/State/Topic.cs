namespace RaftMQ.Queues.State;

/// <summary>A topic: messages in the order in which they were published. Its number is never used again, nor are its messages' sequence numbers.</summary>
internal sealed class Topic(ulong number, byte[] name, string text)
{
    private const int KeptCapacity = 1_024;

    private Queue<Message> _messages = new();

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

    public Message Append(ReadOnlyMemory<byte> body, ulong bodyHash, ulong index)
    {
        var message = new Message(NextSequence++, index, bodyHash, body);
        _messages.Enqueue(message);
        Bytes += body.Length;
        return message;
    }

    public Message TakeOldest()
    {
        Message message = _messages.Dequeue();
        Bytes -= message.Body.Length;
        if (_messages.Count == 0 && _messages.Capacity > KeptCapacity)
        {
            // A backlog that was worked off gives its memory back.
            _messages = new Queue<Message>();
        }

        return message;
    }
}
