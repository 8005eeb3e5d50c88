using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// What was asked for, whichever attempt asked. Who asked is no part of it: request keys are one space for the whole cluster, and no command in the log names its client.
/// </summary>
/// <param name="Kind">What.</param>
/// <param name="Topic">The topic; empty for a read of the topics.</param>
/// <param name="Body">The message to publish, or null.</param>
/// <param name="Key">The request key, or null.</param>
/// <param name="Policy">What a creation or a change says of the topic's policy.</param>
internal readonly record struct RequestIdentity(OperationKind Kind, string Topic, string? Body, string? Key, TopicPolicyChange Policy = default)
{
    /// <summary>
    /// Whether a committed command can be told to be this request's: by its key, or by its body, which is unique in a run. Pops and creations without a key all look
    /// alike in the log: of these one can only say that there are not more commands than attempts.
    /// </summary>
    public bool IsTold => Key is not null || Kind == OperationKind.Publish;

    public static RequestIdentity Of(Operation operation) =>
        new(operation.Kind, operation.Topic, operation.Body, string.IsNullOrEmpty(operation.Key) ? null : operation.Key, operation.Policy);

    /// <summary>The kind of operation that a command in the log comes from; none for settings and for bytes that are no command.</summary>
    public static OperationKind KindOf(QueueCommandKind command) => command switch
    {
        QueueCommandKind.CreateTopic => OperationKind.CreateTopic,
        QueueCommandKind.Publish => OperationKind.Publish,
        QueueCommandKind.Pop => OperationKind.Pop,
        QueueCommandKind.SetTopicPolicy => OperationKind.SetPolicy,
        _ => default,
    };

    public override string ToString()
    {
        string what = Kind switch
        {
            OperationKind.CreateTopic => Policy.IsEmpty ? "create " + Topic : $"create {Topic} {InWords.Of(Policy)}",
            OperationKind.SetPolicy => $"policy {Topic} {InWords.Of(Policy)}",
            OperationKind.Publish => $"publish {Topic} {Body}",
            OperationKind.Pop => "pop " + Topic,
            OperationKind.Topics => "topics",
            _ => "no operation",
        };
        return Key is null ? what : $"{what} key {Key}";
    }
}
