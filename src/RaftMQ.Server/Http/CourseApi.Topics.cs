using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Server.Http;

/// <summary>The routes of topics: the course's two, and what goes beyond them.</summary>
internal sealed partial class CourseApi
{
    /// <summary><c>PUT /topic</c></summary>
    private Task PutTopicAsync(HttpContext context) => CarryOutAsync(context, BodyKind.Topic, StatusCodes.Status201Created);

    /// <summary><c>PATCH /topic</c>: the fields of a policy that it names become different, the others stay.</summary>
    private Task PatchTopicAsync(HttpContext context) => CarryOutAsync(context, BodyKind.Policy, StatusCodes.Status200OK);

    /// <summary><c>GET /topic</c></summary>
    private async Task GetTopicsAsync(HttpContext context)
    {
        TopicReadResult result = await node.ReadTopicsAsync(context.RequestAborted);
        if (TryAccept(context, QueueOutcome.Done, result, ""))
        {
            Answer.Topics(context.Response, result.Topics, result.Index);
        }
    }

    /// <summary><c>GET /topic/{topic}</c></summary>
    private async Task GetTopicAsync(HttpContext context, string topic)
    {
        TopicReadResult result = await node.ReadTopicAsync(topic, context.RequestAborted);
        if (TryAccept(context, result.Topic is null ? QueueOutcome.NoSuchTopic : QueueOutcome.Done, result, topic))
        {
            Answer.Topic(context.Response, topic, result.Topic!.Value, result.Index);
        }
    }

    private bool TryAccept(HttpContext context, QueueOutcome found, TopicReadResult result, string topic) =>
        TryAccept(context, new RequestResult(result.Outcome, new QueueReply(found, default, result.Index), result.Leader, Limit: result.Limit), topic);
}
