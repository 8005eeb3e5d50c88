using Microsoft.AspNetCore.Http.Features;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Node;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Server.Http;

/// <summary>
/// The course's contract on the client port, to the letter (<c>docs/reference/course-api.md</c>), and the node's report beside it. One method per
/// route; what the answers claim is in <see cref="Outcomes"/>.
/// </summary>
/// <param name="node">The node behind it.</param>
/// <param name="options">What the node was told; the limits in it hold until it knows those of its cluster.</param>
/// <param name="connections">The connections that requests come on.</param>
/// <param name="logger">Where defects go.</param>
internal sealed partial class CourseApi(IQueueNode node, NodeOptions options, ClientConnections connections, ILogger logger)
{
    private readonly RequestReader _bodies = new(connections.Options.MaxLargeBodyBytes);

    /// <summary>What is above them is refused before anything is proposed.</summary>
    private QueueLimits Limits => node.Status.Limits ?? options.Limits;

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (connections.IsFarewell)
        {
            context.Response.Headers.Connection = "close";
        }

        try
        {
            await RouteAsync(context);
        }
        catch (BadHttpRequestException wrong)
        {
            RefuseLate(context, wrong.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => RequestReader.TooLarge(HttpLimits.MaxBodyBytes(Limits)),
                StatusCodes.Status408RequestTimeout => Refusal.Because(
                    Reason.RequestTimeout, $"fewer than {connections.Options.MinDataBytesPerSecond} bytes a second (http.minDataBytesPerSecond)"),
                _ => Refusal.Because(Reason.BadRequest, wrong.Message.TrimEnd('.')),
            });
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to read an answer.
        }
        catch (Exception defect)
        {
            LogDefect(logger, defect, context.Request.Method);
            RefuseLate(context, Refusal.Because(Reason.Internal));
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        string method = context.Request.Method;
        bool reads = HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
        Refusal? refusal;
        string name;
        switch (RouteTable.Match(target, out ReadOnlySpan<char> encoded))
        {
            case Route.Message when HttpMethods.IsPut(method):
                return PutMessageAsync(context);
            case Route.MessageOfTopic when HttpMethods.IsGet(method):
                refusal = TopicName.Decode(encoded, Limits.MaxTopicNameBytes, out name);
                return refusal is null ? PopMessageAsync(context, name) : Refuse(context, refusal);
            case Route.Topic when HttpMethods.IsPut(method):
                return PutTopicAsync(context);
            case Route.Topic when HttpMethods.IsPatch(method):
                return PatchTopicAsync(context);
            case Route.Topic when reads:
                return GetTopicsAsync(context);
            case Route.OneTopic when reads:
                refusal = TopicName.Decode(encoded, Limits.MaxTopicNameBytes, out name);
                return refusal is null ? GetTopicAsync(context, name) : Refuse(context, refusal);
            case Route.Status when reads:
                return GetStatus(context);
            case Route.Node when reads:
                Answer.Json(context.Response, Describe());
                return Task.CompletedTask;
            case Route.Backup when HttpMethods.IsGet(method):
                return GetBackupAsync(context);
            case Route.Cluster when reads:
                Answer.Json(context.Response, ClusterReport.Describe(node.Status));
                return Task.CompletedTask;
            case Route.Leadership when HttpMethods.IsPut(method):
                return PutLeaderAsync(context);
            case Route.Member when HttpMethods.IsPut(method) || HttpMethods.IsPatch(method) || HttpMethods.IsDelete(method):
                return ChangeMemberAsync(context, encoded.ToString());
            case Route.Unknown:
                return Refuse(context, Refusal.Because(Reason.NotFound, $"{Shown(target)} is none of {RouteTable.Known}"));
            case Route other:
                string allowed = RouteTable.Allowed(other);
                context.Response.Headers.Allow = allowed;
                return Refuse(context, new Refusal(Reason.MethodNotAllowed, $"{Shown(target)} does not know {Shown(method)}; it knows {allowed}"));
        }
    }

    /// <summary><c>PUT /message</c></summary>
    private Task PutMessageAsync(HttpContext context) => CarryOutAsync(context, BodyKind.Message, StatusCodes.Status200OK);

    /// <summary><c>GET /message/{topic}</c></summary>
    private async Task PopMessageAsync(HttpContext context, string topic)
    {
        if (RequestKey.Read(context.Request, out string? key) is { } refusal)
        {
            Answer.Refused(context.Response, refusal);
            return;
        }

        RequestResult result = await node.SubmitAsync(QueueCommandCodec.Pop(topic, key), context.RequestAborted);
        if (TryAccept(context, result, topic))
        {
            Answer.Message(context.Response, result.Body.Span, result.Reply.Index);
        }
    }

    /// <summary><c>GET /status</c>: what the node knows at this moment; waits for nothing.</summary>
    private Task GetStatus(HttpContext context)
    {
        NodeStatus status = node.Status;
        Answer.Status(context.Response, NameOf(status.Role), status.Term.Value);
        return Task.CompletedTask;
    }

    private byte[] Describe()
    {
        NodeStatus status = node.Status;
        LimitReport[] limits = LimitReport.All(status.Limits ?? options.Limits, status, options, node.RequestsUnderWay, connections, _bodies.LargeBytes);
        return NodeReport.Describe(options.Node, status, ProgramVersion.Number, limits);
    }

    /// <summary>A request that is all in its body, and whose answer says no more than that it is done.</summary>
    private async Task CarryOutAsync(HttpContext context, BodyKind kind, int status)
    {
        (Refusal? refusal, byte[] command, string topic) = await ReadCommandAsync(context, kind);
        if (refusal is not null)
        {
            Answer.Refused(context.Response, refusal);
            return;
        }

        RequestResult result = await node.SubmitAsync(command, context.RequestAborted);
        if (TryAccept(context, result, topic))
        {
            Answer.Done(context.Response, status, result.Reply.Index);
        }
    }

    private async ValueTask<(Refusal? Refusal, byte[] Command, string Topic)> ReadCommandAsync(HttpContext context, BodyKind kind)
    {
        Refusal? refusal = RequestKey.Read(context.Request, out string? key) ?? MediaType.Check(context.Request);
        if (refusal is not null)
        {
            return (refusal, [], "");
        }

        QueueLimits limits = Limits;
        using RequestBody body = await _bodies.ReadAsync(context.Request, HttpLimits.MaxBodyBytes(limits));
        return body.Refusal is null ? Parse(body.Bytes, kind, key, limits) : (body.Refusal, [], "");
    }

    private static (Refusal? Refusal, byte[] Command, string Topic) Parse(
        ReadOnlySpan<byte> body, BodyKind kind, string? key, QueueLimits limits)
    {
        var fields = default(BodyFields);
        try
        {
            Refusal? refusal = fields.Read(body, kind) ?? TopicName.Check(fields.Topic!, limits.MaxTopicNameBytes);
            if (refusal is null && fields.Message.Length > limits.MaxMessageBytes)
            {
                refusal = Outcomes.MessageTooLarge(limits.MaxMessageBytes);
            }

            if (refusal is not null)
            {
                return (refusal, [], "");
            }

            string topic = fields.Topic!;
            byte[] command = kind switch
            {
                BodyKind.Message => QueueCommandCodec.Publish(topic, fields.Message, key),
                BodyKind.Topic => QueueCommandCodec.CreateTopic(topic, key, fields.Policy),
                _ => QueueCommandCodec.SetTopicPolicy(topic, fields.Policy, key),
            };
            return (null, command, topic);
        }
        finally
        {
            fields.Dispose();
        }
    }

    // Writes the refusal if there is one; true if the request was carried out and the caller has its answer to write.
    private bool TryAccept(HttpContext context, in RequestResult result, string topic)
    {
        if (result is { Outcome: RequestOutcome.Replied, Reply.Outcome: QueueOutcome.Done })
        {
            return true;
        }

        if (result.Outcome == RequestOutcome.Cancelled)
        {
            context.Abort();
            return false;
        }

        NodeStatus status = node.Status;
        if (result is { Outcome: RequestOutcome.NotLeader, Leader: { } leader } && status.Membership?.Find(leader) is { } member)
        {
            context.Response.Headers[HeaderNames.Leader] = member.ClientAddress;
        }

        Answer.Refused(context.Response, Outcomes.RefusalOf(result.Outcome, result.Reply, topic, status, result.Limit)!, result.Reply.Index);
        return false;
    }

    private static Task Refuse(HttpContext context, Refusal refusal)
    {
        Answer.Refused(context.Response, refusal);
        return Task.CompletedTask;
    }

    private static void RefuseLate(HttpContext context, Refusal refusal)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Clear();
        Answer.Refused(context.Response, refusal);
    }

    private static string NameOf(Role role) => role switch
    {
        Role.Leader => "Leader",
        Role.Candidate => "Candidate",
        _ => "Follower",
    };

    private static string Shown(string text) => text.Length <= 100 ? text : text[..100] + "…";

    [LoggerMessage(
        Level = LogLevel.Error, EventName = "RequestFailed", Message = "a {Method} request met an error nobody expected, please report it")]
    private static partial void LogDefect(ILogger logger, Exception defect, string method);
}
