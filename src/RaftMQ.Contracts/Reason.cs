namespace RaftMQ.Contracts;

/// <summary>
/// Why a request was not carried out: the one list for every surface, described for people in <c>docs/reference/errors.md</c>. The token travels in
/// the header <c>RaftMQ-Reason</c> and as the code of an error object; it never changes its meaning.
/// </summary>
/// <param name="Token">The name of the reason in kebab-case.</param>
/// <param name="Status">The HTTP status (RFC 9110, RFC 4918 for 507, RFC 6585 for 429).</param>
/// <param name="Title">What happened, in half a sentence.</param>
/// <param name="Advice">What to do about it.</param>
/// <param name="RetryAfterSeconds">When to try again at the earliest, for the header <c>Retry-After</c>; 0 if waiting does not help.</param>
public sealed record Reason(string Token, int Status, string Title, string Advice, int RetryAfterSeconds = 0)
{
    /// <summary>A topic of this name exists already.</summary>
    public static readonly Reason TopicExists = new("topic-exists", 409, "a topic of this name exists", "use it, or choose another name");

    /// <summary>No topic has this name.</summary>
    public static readonly Reason NoSuchTopic = new("no-such-topic", 404, "no topic has this name", "create it with PUT /topic");

    /// <summary>The topic holds no message.</summary>
    public static readonly Reason Empty = new("empty", 404, "the topic holds no message", "ask again later");

    /// <summary>The topic is at one of its own limits.</summary>
    public static readonly Reason TopicFull = new(
        "topic-full", 429, "the topic holds as much as a topic may", "consume some of it, or raise the limit", RetryAfterSeconds: 1);

    /// <summary>All topics together are at a limit of the cluster.</summary>
    public static readonly Reason QueueFull = new(
        "queue-full", 507, "all topics together hold as much as the cluster may", "consume messages of any topic, or raise the limit");

    /// <summary>The cluster holds as many topics as it may.</summary>
    public static readonly Reason TooManyTopics = new(
        "too-many-topics", 429, "the cluster holds as many topics as it may", "use fewer topics, or raise the limit", RetryAfterSeconds: 60);

    /// <summary>The message is larger than one may be.</summary>
    public static readonly Reason MessageTooLarge = new(
        "message-too-large", 413, "the message is larger than a message may be", "send it in parts, or raise the limit");

    /// <summary>The topic's name is not allowed.</summary>
    public static readonly Reason BadTopicName = new(
        "bad-topic-name", 400, "the topic's name is not allowed", "use 1 to 255 bytes of UTF-8 without control characters and slashes");

    /// <summary>The topic's policy is not allowed.</summary>
    public static readonly Reason BadTopicPolicy = new(
        "bad-topic-policy", 400, "the topic's policy is not allowed",
        "use whole numbers from 1 to the cluster's limits, and reject or drop-oldest for overflow");

    /// <summary>The request key was used for another request.</summary>
    public static readonly Reason RequestKeyReused = new(
        "request-key-reused", 422, "the Idempotency-Key was used for another request", "use a new key for every new request");

    /// <summary>The table of request keys is full.</summary>
    public static readonly Reason RequestKeysFull = new(
        "request-keys-full", 429, "as many Idempotency-Keys are remembered as may be", "wait until older ones are forgotten, or send without one",
        RetryAfterSeconds: 10);

    /// <summary>The <c>Idempotency-Key</c> header is malformed.</summary>
    public static readonly Reason BadRequestKey = new(
        "bad-request-key", 400, "the Idempotency-Key is malformed", "send one key of 1 to 255 visible ASCII characters");

    /// <summary>A command of a kind that this cluster's version does not know.</summary>
    public static readonly Reason UnknownCommand = new(
        "unknown-command", 501, "a node of the cluster does not know this command", "update all nodes to the same version");

    /// <summary>Not done: no leader was found in time.</summary>
    public static readonly Reason NoLeader = new(
        "no-leader", 503, "the cluster has no leader at the moment; nothing was done", "send it again", RetryAfterSeconds: 1);

    /// <summary>Not done: this node has left the cluster, and will know of no leader again.</summary>
    public static readonly Reason NotAMember = new(
        "not-a-member", 503, "this node was removed from its cluster; nothing was done", "send it to one of the members, which GET /v1/cluster names");

    /// <summary>Not done: this node does not lead and does not pass requests on.</summary>
    public static readonly Reason NotLeader = new(
        "not-leader", 503, "this node does not lead; nothing was done", "send it to the node in the RaftMQ-Leader header", RetryAfterSeconds: 1);

    /// <summary>Not done: the node still reads its disk, or is being brought up to date.</summary>
    public static readonly Reason NotReady = new(
        "not-ready", 503, "this node still reads its disk, waits for it, or is brought up to date by the others; nothing was done", "send it again, or to another node", RetryAfterSeconds: 1);

    /// <summary>Not done: too much is under way.</summary>
    public static readonly Reason Overloaded = new(
        "overloaded", 429, "more requests are under way than the node takes; nothing was done", "send it again", RetryAfterSeconds: 1);

    /// <summary>Not done: the disks, or the nodes' budgets of them, have only their reserve left.</summary>
    public static readonly Reason DiskFull = new(
        "disk-full", 507, "the disks of the cluster, or of this node, are full; nothing was done", "consume messages, or free space on the nodes' disks; nothing needs a restart");

    /// <summary>Not done: the leader holds as much in memory as it may.</summary>
    public static readonly Reason MemoryFull = new(
        "memory-full", 507, "the leader holds as much in memory as it may; nothing was done", "consume messages, or raise the budget");

    /// <summary>Not done: fewer nodes than a majority have room. They do not tell whether it is the disk or memory.</summary>
    public static readonly Reason NodesFull = new(
        "nodes-full", 507, "too few nodes have room on disk and in memory; nothing was done", "consume messages, free space on the nodes' disks, or raise their budgets");

    /// <summary>Not done: the node is stopping.</summary>
    public static readonly Reason Stopping = new(
        "stopping", 503, "this node is stopping; nothing was done", "send it to another node", RetryAfterSeconds: 1);

    /// <summary>Definitely not done: another leader's entry took its place in the log.</summary>
    public static readonly Reason Overwritten = new(
        "overwritten", 503, "the leader changed before the request was decided; nothing was done", "send it again", RetryAfterSeconds: 1);

    /// <summary>Undecided at the deadline: it may still happen.</summary>
    public static readonly Reason OutcomeUnknown = new(
        "outcome-unknown", 504, "undecided in time: it may have happened, or may still happen",
        "send it again with the same Idempotency-Key, or accept that it may be done twice");

    /// <summary>What is said of a member is not allowed.</summary>
    public static readonly Reason BadMember = new(
        "bad-member", 400, "what is said of the member is not allowed", "use a node's number, 1 or more, and its two addresses as host:port");

    /// <summary>The cluster may not be changed like this.</summary>
    public static readonly Reason ChangeRefused = new(
        "change-refused", 409, "the cluster may not be changed like this; nothing was done", "see the message, and GET /v1/cluster for the members as they are");

    /// <summary>Not done: another change is under way.</summary>
    public static readonly Reason ChangeUnderWay = new(
        "change-under-way", 503, "another change of the members is under way; nothing was done", "send it again when GET /v1/cluster shows no joint configuration",
        RetryAfterSeconds: 1);

    /// <summary>Not done: those who would decide after the change do not answer.</summary>
    public static readonly Reason TooFewVoters = new(
        "too-few-voters", 503, "too few of the voters that there would be answer; nothing was done", "send it again when they are back; GET /v1/cluster shows who has no link",
        RetryAfterSeconds: 1);

    /// <summary>The body is not JSON.</summary>
    public static readonly Reason BadJson = new("bad-json", 400, "the body is not JSON", "send one JSON object in UTF-8");

    /// <summary>A field is missing.</summary>
    public static readonly Reason MissingField = new("missing-field", 400, "a field is missing", "send every field that the route needs");

    /// <summary>A field, or the whole body, is of another JSON type than it must be.</summary>
    public static readonly Reason WrongType = new("wrong-type", 400, "a value is of the wrong JSON type", "send an object with values of the types that the message names");

    /// <summary>The body is larger than a request may be.</summary>
    public static readonly Reason BodyTooLarge = new("body-too-large", 413, "the body is larger than a request may be", "send a smaller message");

    /// <summary>The first line of the request is longer than it may be.</summary>
    public static readonly Reason RequestLineTooLong = new(
        "request-line-too-long", 414, "the first line of the request is longer than it may be", "use a shorter path");

    /// <summary>The header fields of the request are more, or larger, than they may be.</summary>
    public static readonly Reason HeadersTooLarge = new(
        "headers-too-large", 431, "the header fields are more or larger than they may be", "send fewer of them, or raise the limit");

    /// <summary>The request ended before its body was whole, or broke the rules of HTTP.</summary>
    public static readonly Reason BadRequest = new(
        "bad-request", 400, "the request breaks the rules of HTTP", "send a whole and well-formed request");

    /// <summary>The body came too slowly.</summary>
    public static readonly Reason RequestTimeout = new(
        "request-timeout", 408, "the body came too slowly; nothing was done", "send it again over a better connection");

    /// <summary>The body is of another kind than JSON.</summary>
    public static readonly Reason UnsupportedMediaType = new(
        "unsupported-media-type", 415, "the body is not declared as JSON in UTF-8", "send Content-Type: application/json");

    /// <summary>The route does not know this method.</summary>
    public static readonly Reason MethodNotAllowed = new(
        "method-not-allowed", 405, "the route does not know this method", "use one of the methods in the Allow header");

    /// <summary>There is no such route.</summary>
    public static readonly Reason NotFound = new("not-found", 404, "there is no such route", "see the list of routes in the message");

    /// <summary>A defect of RaftMQ.</summary>
    public static readonly Reason Internal = new(
        "internal-error", 500, "an error nobody expected: a defect of RaftMQ",
        "see the node's log; it is unknown whether the request was carried out");

    /// <summary>All reasons, in the order of the documentation.</summary>
    public static IReadOnlyList<Reason> All { get; } =
    [
        TopicExists, NoSuchTopic, Empty, TopicFull, QueueFull, TooManyTopics, MessageTooLarge, BadTopicName, BadTopicPolicy,
        RequestKeyReused, RequestKeysFull, BadRequestKey, UnknownCommand,
        NoLeader, NotAMember, NotLeader, NotReady, Overloaded, DiskFull, MemoryFull, NodesFull, Stopping, Overwritten, OutcomeUnknown,
        BadMember, ChangeRefused, ChangeUnderWay, TooFewVoters,
        BadJson, MissingField, WrongType, BodyTooLarge, RequestLineTooLong, HeadersTooLarge, BadRequest, RequestTimeout, UnsupportedMediaType, MethodNotAllowed, NotFound, Internal,
    ];
}
