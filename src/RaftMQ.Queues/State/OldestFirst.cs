namespace RaftMQ.Queues.State;

/// <summary>
/// Topics that drop their oldest messages when they are full. One command drops no more than <see cref="QueueMachine.MaxDropsPerCommand"/>, so that applying an entry takes a bounded
/// time whatever a new limit leaves over.
/// </summary>
internal static class OldestFirst
{
    /// <summary>
    /// Drops what the topic holds above its limits, as far as one command may. What a limit has cut off is gone whatever becomes of the command that comes by, as keys are forgotten
    /// whoever asks.
    /// </summary>
    /// <returns>How many went.</returns>
    public static int DropExcess(QueueState state, Topic topic)
    {
        if (topic.Policy.Overflow != Overflow.DropOldest)
        {
            return 0;
        }

        (long maxMessages, _) = topic.Policy.MessagesUnder(state.Limits);
        (long maxBytes, _) = topic.Policy.BytesUnder(state.Limits);
        int dropped = 0;
        while (dropped < QueueMachine.MaxDropsPerCommand && (topic.Count > maxMessages || topic.Bytes > maxBytes))
        {
            state.Drop(topic);
            dropped++;
        }

        return dropped;
    }

    /// <summary>Looks how many of the oldest must go, and their bytes, for one more message to fit. Nothing is dropped yet: the cluster may have no room for it.</summary>
    /// <param name="limits">The cluster's.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="bytes">The size of the message; no more than the topic may hold.</param>
    /// <param name="most">The most that may go.</param>
    /// <returns>Null if more would have to go.</returns>
    public static (int Messages, long Bytes)? RoomFor(QueueLimits limits, Topic topic, int bytes, int most)
    {
        (long maxMessages, _) = topic.Policy.MessagesUnder(limits);
        (long maxBytes, _) = topic.Policy.BytesUnder(limits);
        (int messages, long freed) = (0, 0);
        bool Fits() => topic.Count - messages < maxMessages && bytes <= maxBytes - (topic.Bytes - freed);
        if (Fits())
        {
            return (0, 0);
        }

        foreach (Message oldest in topic.Messages.InPlace())
        {
            if (messages == most)
            {
                return null;
            }

            messages++;
            freed += oldest.Body.Length;
            if (Fits())
            {
                return (messages, freed);
            }
        }

        return null;
    }
}
