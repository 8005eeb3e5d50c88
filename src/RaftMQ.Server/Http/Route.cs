namespace RaftMQ.Server.Http;

/// <summary>The routes of the client port.</summary>
internal enum Route
{
    /// <summary>None of the others.</summary>
    Unknown,

    /// <summary><c>/topic</c></summary>
    Topic,

    /// <summary><c>/topic/{topic}</c></summary>
    OneTopic,

    /// <summary><c>/message</c></summary>
    Message,

    /// <summary><c>/message/{topic}</c></summary>
    MessageOfTopic,

    /// <summary><c>/status</c></summary>
    Status,

    /// <summary><c>/v1/node</c></summary>
    Node,

    /// <summary><c>/v1/backup</c></summary>
    Backup,

    /// <summary><c>/v1/cluster</c></summary>
    Cluster,

    /// <summary><c>/v1/cluster/leader</c></summary>
    Leadership,

    /// <summary><c>/v1/cluster/members/{node}</c></summary>
    Member,
}

/// <summary>
/// Finds the route of a request by its raw target. The raw one, because the framework's path has been percent-decoded in part: decoding it once more
/// would make <c>%2541</c> an <c>A</c>. So few paths need no routing table.
/// </summary>
internal static class RouteTable
{
    /// <summary>What is told to whoever asks for another path.</summary>
    public const string Known = "PUT /topic, PATCH /topic, GET /topic, GET /topic/{topic}, PUT /message, GET /message/{topic}, GET /status, GET /v1/node, GET /v1/backup, "
        + "GET /v1/cluster, PUT /v1/cluster/leader, PUT, PATCH or DELETE /v1/cluster/members/{node}";

    private const string MessagePrefix = "/message/";
    private const string TopicPrefix = "/topic/";
    private const string MemberPrefix = "/v1/cluster/members/";

    /// <summary>The route of a target.</summary>
    /// <param name="target">As it stands in the request's first line.</param>
    /// <param name="name">The encoded topic of <see cref="Route.MessageOfTopic"/> and <see cref="Route.OneTopic"/>, the number of <see cref="Route.Member"/>.</param>
    public static Route Match(string target, out ReadOnlySpan<char> name)
    {
        ReadOnlySpan<char> path = PathOf(target);
        name = default;
        if (path.StartsWith(MessagePrefix, StringComparison.Ordinal))
        {
            name = path[MessagePrefix.Length..];
            return name.Contains('/') ? Route.Unknown : Route.MessageOfTopic;
        }

        if (path.StartsWith(TopicPrefix, StringComparison.Ordinal))
        {
            name = path[TopicPrefix.Length..];
            return name.IsEmpty || name.Contains('/') ? Route.Unknown : Route.OneTopic;
        }

        if (path.StartsWith(MemberPrefix, StringComparison.Ordinal))
        {
            name = path[MemberPrefix.Length..];
            return name.IsEmpty || name.Contains('/') ? Route.Unknown : Route.Member;
        }

        return path switch
        {
            "/message" => Route.Message,
            "/topic" => Route.Topic,
            "/status" => Route.Status,
            "/v1/node" => Route.Node,
            "/v1/backup" => Route.Backup,
            "/v1/cluster" => Route.Cluster,
            "/v1/cluster/leader" => Route.Leadership,
            _ => Route.Unknown,
        };
    }

    /// <summary>The methods of a route, as the <c>Allow</c> header has them.</summary>
    public static string Allowed(Route route) => route switch
    {
        Route.Topic => "GET, HEAD, PATCH, PUT",
        Route.Message or Route.Leadership => "PUT",
        Route.Member => "DELETE, PATCH, PUT",
        Route.MessageOfTopic or Route.Backup => "GET",
        _ => "GET, HEAD",
    };

    // origin-form, or absolute-form as a proxy would send it (RFC 9112, section 3.2), without the query.
    private static ReadOnlySpan<char> PathOf(string target)
    {
        ReadOnlySpan<char> path = target;
        int query = path.IndexOf('?');
        path = query < 0 ? path : path[..query];
        int scheme = path.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0 && path[0] != '/')
        {
            path = path[(scheme + 3)..];
            int slash = path.IndexOf('/');
            path = slash < 0 ? "/" : path[slash..];
        }

        return path;
    }
}
