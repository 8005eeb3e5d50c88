using RaftMQ.Node;
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
        TopicsResult result = await node.ReadTopicsAsync(context.RequestAborted);
        if (TryAccept(context, new RequestResult(result.Outcome, new QueueReply(QueueOutcome.Done, default, result.Index), result.Leader), ""))
        {
            Answer.Topics(context.Response, result.Topics, result.Index);
        }
    }

    /// <summary><c>GET /topic/{topic}</c>: what this node knows at this moment; asks no other.</summary>
    private async Task GetTopicAsync(HttpContext context, string topic)
    {
        TopicLook look = await node.LookAsync(topic, context.RequestAborted);
        if (look is { Outcome: RequestOutcome.Replied, Gauges: { } gauges })
        {
            Answer.Topic(context.Response, topic, gauges);
            return;
        }

        // No index: nothing was decided, and another node may know more.
        Answer.Refused(context.Response, look.Outcome == RequestOutcome.Replied ? Refusal.NoSuchTopic : Outcomes.RefusalOf(look.Outcome, default, topic, node.Status)!);
    }
}
