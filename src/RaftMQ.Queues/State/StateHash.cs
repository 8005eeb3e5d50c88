using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace RaftMQ.Queues.State;

/// <summary>
/// The hash of a state is the sum of the hashes of its parts, so that a part comes and goes in constant time. A part says where it belongs (topic and sequence), so
/// order counts although sums do not.
/// </summary>
internal static class StateHash
{
    private enum Part : ulong
    {
        Limits = 1,
        Topic,
        NextSequence,
        Message,
        Key,
        Counters,
        Body,
        Reply,
        Policy,
        PolicyWords,
    }

    public static ulong OfLimits(QueueLimits limits) => Of(Part.Limits, XxHash3.HashToUInt64(QueueCommandCodec.Configure(limits)), 0, 0);

    public static ulong OfTopic(Topic topic) => Of(Part.Topic, topic.Number, XxHash3.HashToUInt64(topic.Name), 0);

    public static ulong OfNextSequence(Topic topic) => Of(Part.NextSequence, topic.Number, topic.NextSequence, 0);

    /// <summary>Nothing for a topic that has no policy and never dropped anything: states from before there were policies keep their hashes.</summary>
    public static ulong OfPolicy(Topic topic)
    {
        TopicPolicy policy = topic.Policy;
        return policy == default && topic.Dropped == 0 ? 0
            : Of(Part.Policy, topic.Number, (ulong)topic.Dropped, Of(Part.PolicyWords, (ulong)policy.MaxMessages, (ulong)policy.MaxBytes, (ulong)policy.Overflow));
    }

    public static ulong OfMessage(Topic topic, in Message message) =>
        Of(Part.Message, topic.Number, message.Sequence, OfBody(message.Body));

    public static ulong OfKey(RequestKeys.Carried carried)
    {
        ulong request = (ulong)carried.RequestHash ^ (ulong)(carried.RequestHash >> 64);
        ulong reply = Of(Part.Reply, OfBody(carried.Reply.Body), carried.Reply.Index, (ulong)carried.ExpiresAt);
        return Of(Part.Key, XxHash3.HashToUInt64(carried.Key), request, reply);
    }

    public static ulong OfCounters(ulong nextTopicNumber, long messages, long bytes) => Of(Part.Counters, nextTopicNumber, (ulong)messages, (ulong)bytes);

    private static ulong OfBody(in BodyReference body) => Of(Part.Body, body.Index, body.Hash, ((ulong)body.Offset << 32) | (uint)body.Length);

    private static ulong Of(Part part, ulong a, ulong b, ulong c)
    {
        ReadOnlySpan<ulong> words = [(ulong)part, a, b, c];
        return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(words));
    }
}
