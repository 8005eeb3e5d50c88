using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Server.Http;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Configuration;

/// <summary>
/// The one list of the configuration's keys that have a single value. The file, the environment variables and the test that compares
/// <c>docs/reference/configuration.md</c> with the program all go by it; <c>members</c> alone is a list and is read by <see cref="MembersReader"/>.
/// </summary>
internal static class Settings
{
    private const long Kilobyte = 1024;
    private const long Megabyte = 1024 * Kilobyte;
    private const long Terabyte = 1024 * 1024 * Megabyte;

    /// <summary>What an entry holds beside the message: kind, lengths, a topic and a request key of at most 255 bytes each.</summary>
    private const int CommandOverheadBytes = 1024;

    private const long Day = 24 * 3_600_000;
    private const long Week = 7 * Day;

    private const int ExampleClientPort = 8080;
    private const int ExamplePeerPort = 7001;

    /// <summary>The key of the list of members.</summary>
    public const string Members = "members";

    /// <summary>The key of the data folder, the one text that is a path.</summary>
    public const string DataFolder = "dataFolder";

    /// <summary>All settings in the order of the documentation.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new NumberSetting("nodeId", 1, uint.MaxValue, c => c.NodeId, (c, v) => c with { NodeId = v }),
        new TextSetting(DataFolder, (c, v) => c with { DataFolder = NotEmpty(v) }),
        new TextSetting("join", (c, v) => c with { Join = Url(v) }),
        new TextSetting("clientListen", (c, v) => c with { ClientListen = HostPort.Parse(v, ExampleClientPort) }),
        new TextSetting("peerListen", (c, v) => c with { PeerListen = HostPort.Parse(v, ExamplePeerPort) }),
        new SwitchSetting("allowInsecure", (c, v) => c with { AllowInsecure = v }),
        .. LimitSettings(),
        .. BudgetSettings(),
        .. HttpSettings(),
        .. TimeoutSettings(),
        .. WalSettings(),
        new SwitchSetting("repair.automatic", (c, v) => c with { RepairsItself = v }),
        new NumberSetting("repair.scrubPauseSeconds", 0, Week / 1_000, c => c.ScrubPauseSeconds, (c, v) => c with { ScrubPauseSeconds = (int)v }),
    ];

    /// <summary>The setting of a key, or null.</summary>
    public static Setting? Find(string key) => All.FirstOrDefault(setting => setting.Key == key);

    /// <summary>Reads the client address of a member.</summary>
    public static HostPort ClientAddress(string text) => HostPort.ParseReachable(text, ExampleClientPort);

    /// <summary>Reads the peer address of a member.</summary>
    public static HostPort PeerAddress(string text) => HostPort.ParseReachable(text, ExamplePeerPort);

    /// <summary>Reads the address of a node of a running cluster.</summary>
    public static Uri Url(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
        ? url
        : throw new SettingException($"\"{text}\" is not the address of a node; write it as http://host:port, for example http://10.0.0.1:{ExampleClientPort}");

    private static IEnumerable<Setting> LimitSettings() =>
    [
        Limit("maxTopics", 1, 1_000_000, l => l.MaxTopics, (l, v) => l with { MaxTopics = (int)v }),
        Limit("maxTopicNameBytes", 1, 255, l => l.MaxTopicNameBytes, (l, v) => l with { MaxTopicNameBytes = (int)v }),
        Limit("maxMessageBytes", 1, LogEntry.MaxPayloadBytes - CommandOverheadBytes, l => l.MaxMessageBytes, (l, v) => l with { MaxMessageBytes = (int)v }),
        Limit("maxMessagesPerTopic", 1, 1_000_000_000, l => l.MaxMessagesPerTopic, (l, v) => l with { MaxMessagesPerTopic = v }),
        Limit("maxBytesPerTopic", 1, Terabyte, l => l.MaxBytesPerTopic, (l, v) => l with { MaxBytesPerTopic = v }),
        Limit("maxMessages", 1, 1_000_000_000, l => l.MaxMessages, (l, v) => l with { MaxMessages = v }),
        Limit("maxBytes", 1, Terabyte, l => l.MaxBytes, (l, v) => l with { MaxBytes = v }),
        Limit("maxRequestKeys", 1, 10_000_000, l => l.MaxRequestKeys, (l, v) => l with { MaxRequestKeys = (int)v }),
        Limit("maxRequestKeyBytes", 1, Terabyte, l => l.MaxRequestKeyBytes, (l, v) => l with { MaxRequestKeyBytes = v }),
        Limit(
            "requestKeyWindowMilliseconds", 1_000, Week, l => l.RequestKeyWindowMilliseconds, (l, v) => l with { RequestKeyWindowMilliseconds = v }),
    ];

    private static IEnumerable<Setting> BudgetSettings() =>
    [
        Budget("maxRequests", 1, 1_000_000, b => b.MaxRequests, (b, v) => b with { MaxRequests = (int)v }),
        Budget("maxRequestBytes", LogEntry.MaxPayloadBytes, Terabyte, b => b.MaxRequestBytes, (b, v) => b with { MaxRequestBytes = v }),
        Budget("maxUncommittedEntries", 1, 1_000_000, b => b.MaxUncommittedEntries, (b, v) => b with { MaxUncommittedEntries = (int)v }),
        Budget("maxUncommittedBytes", LogEntry.MaxPayloadBytes, Terabyte, b => b.MaxUncommittedBytes, (b, v) => b with { MaxUncommittedBytes = v }),
        Budget("memoryBytes", 0, 1024 * Terabyte, b => b.MemoryBytes, (b, v) => b with { MemoryBytes = v }),
        Budget("diskBytes", 0, 1024 * Terabyte, b => b.DiskBytes, (b, v) => b with { DiskBytes = v }),
    ];

    private static IEnumerable<Setting> HttpSettings() =>
    [
        Http("maxConnections", 1, 1_000_000, h => h.MaxConnections, (h, v) => h with { MaxConnections = (int)v }),
        Http("maxHeaderBytes", 1_024, HttpLimits.MaxRequestBufferBytes, h => h.MaxHeaderBytes, (h, v) => h with { MaxHeaderBytes = (int)v }),
        Http("headersTimeoutMs", 1_000, 600_000, h => h.HeadersTimeoutMs, (h, v) => h with { HeadersTimeoutMs = (int)v }),
        Http("keepAliveMs", 1_000, Day, h => h.KeepAliveMs, (h, v) => h with { KeepAliveMs = (int)v }),
        Http("minDataBytesPerSecond", 1, Megabyte, h => h.MinDataBytesPerSecond, (h, v) => h with { MinDataBytesPerSecond = (int)v }),
        Http("maxLargeBodyBytes", 64 * Megabyte, Terabyte, h => h.MaxLargeBodyBytes, (h, v) => h with { MaxLargeBodyBytes = v }),
    ];

    private static IEnumerable<Setting> TimeoutSettings() =>
    [
        Timeout("tickMs", 1, 1_000, t => t.TickMs, (t, v) => t with { TickMs = v }),
        Timeout("electionMs", 20, 60_000, t => t.ElectionMs, (t, v) => t with { ElectionMs = v }),
        Timeout("maxElectionMs", 20, 60_000, t => t.MaxElectionMs, (t, v) => t with { MaxElectionMs = v }),
        Timeout("heartbeatMs", 1, 15_000, t => t.HeartbeatMs, (t, v) => t with { HeartbeatMs = v }),
        Timeout("leaderWaitMs", 1, 600_000, t => t.LeaderWaitMs, (t, v) => t with { LeaderWaitMs = v }),
        Timeout("requestMs", 1, 600_000, t => t.RequestMs, (t, v) => t with { RequestMs = v }),
    ];

    private static IEnumerable<Setting> WalSettings() =>
    [
        Wal("segmentBytes", 16 * Megabyte, 1024 * Megabyte, w => w.SegmentBytes, (w, v) => w with { SegmentBytes = (int)v }),
        Wal("spareSegments", 1, 16, w => w.SpareSegments, (w, v) => w with { SpareSegments = (int)v }),
        Wal("tailBytes", 64 * Kilobyte, 1024 * Megabyte, w => w.TailBytes, (w, v) => w with { TailBytes = v }),
        new NumberSetting("wal.snapshotAfterBytes", Megabyte, Terabyte, c => c.SnapshotLogBytes, (c, v) => c with { SnapshotLogBytes = v }),
    ];

    private static NumberSetting Limit(string name, long min, long max, Func<QueueLimits, long> get, Func<QueueLimits, long, QueueLimits> put) =>
        new("limits." + name, min, max, c => get(c.Limits), (c, v) => c with { Limits = put(c.Limits, v) });

    private static NumberSetting Budget(string name, long min, long max, Func<Budgets, long> get, Func<Budgets, long, Budgets> put) =>
        new("budgets." + name, min, max, c => get(c.Budgets), (c, v) => c with { Budgets = put(c.Budgets, v) });

    private static NumberSetting Http(string name, long min, long max, Func<HttpOptions, long> get, Func<HttpOptions, long, HttpOptions> put) =>
        new("http." + name, min, max, c => get(c.Http), (c, v) => c with { Http = put(c.Http, v) });

    private static NumberSetting Timeout(string name, long min, long max, Func<Timeouts, long> get, Func<Timeouts, int, Timeouts> put) =>
        new("timeouts." + name, min, max, c => get(c.Timeouts), (c, v) => c with { Timeouts = put(c.Timeouts, (int)v) });

    private static NumberSetting Wal(string name, long min, long max, Func<WalOptions, long> get, Func<WalOptions, long, WalOptions> put) =>
        new("wal." + name, min, max, c => get(c.Wal), (c, v) => c with { Wal = put(c.Wal, v) });

    private static string NotEmpty(string value) => value.Length > 0 ? value : throw new SettingException("the path is empty; name a folder");
}
