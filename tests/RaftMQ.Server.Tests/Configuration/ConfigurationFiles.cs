using RaftMQ.Server.Configuration;

namespace RaftMQ.Server.Tests.Configuration;

/// <summary>A configuration file in a folder of its own.</summary>
internal sealed class ConfigurationFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("raftmq-test-");

    public ConfigurationFile(string content)
    {
        Path = System.IO.Path.Combine(_folder.FullName, "config.json");
        File.WriteAllText(Path, content);
    }

    public string Path { get; }

    public string Folder => _folder.FullName;

    public LoadedConfiguration Load(params (string Name, string Value)[] environment) =>
        ServeConfigurationLoader.Load(Path, environment.ToDictionary(variable => variable.Name, variable => variable.Value));

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>The configuration file of <c>raftmq serve</c>: what is wrong is named with its place, the reason, and what to write.</summary>
public sealed class ConfigurationFiles
{
    private const string Members = """
        "members": [
          {"id": 1, "client": "127.0.0.1:8081", "peer": "127.0.0.1:7001"},
          {"id": 2, "client": "127.0.0.1:8082", "peer": "127.0.0.1:7002"},
          {"id": 3, "client": "127.0.0.1:8083", "peer": "127.0.0.1:7003"}]
        """;

    private const string Good = $$"""{"nodeId": 1, "dataFolder": "data", {{Members}}}""";

    [Fact]
    public void The_least_that_must_be_said_is_node_members_and_folder()
    {
        using var file = new ConfigurationFile(Good);

        ServeConfiguration configuration = file.Load().Configuration;

        configuration.NodeId.ShouldBe(1);
        configuration.Members[1].ShouldBe(new MemberAddresses(2, new HostPort("127.0.0.1", 8082), new HostPort("127.0.0.1", 7002)));
        configuration.DataFolder.ShouldBe(Path.Combine(file.Folder, "data"));
        configuration.Limits.ShouldBe(new Queues.QueueLimits());
        configuration.Wal.ShouldBe(new Storage.Wal.WalOptions());
    }

    [Fact]
    public void Comments_trailing_commas_and_a_byte_order_mark_are_welcome()
    {
        using var file = new ConfigurationFile("\ufeff/* node */ " + Good[..^1] + ", // end\n}");

        file.Load().Configuration.NodeId.ShouldBe(1);
    }

    [Fact]
    public void A_long_election_timeout_needs_no_other_setting()
    {
        using var file = new ConfigurationFile(Good[..^1] + ", \"timeouts\": {\"electionMs\": 7000}}");

        file.Load().Configuration.Timeouts.MaxElectionMs.ShouldBe(7_000);
    }

    [Fact]
    public void The_defaults_are_those_of_the_node()
    {
        var node = new Node.NodeOptions { Node = new(1), Members = [] };
        var timeouts = new Timeouts();

        (timeouts.TickMs, timeouts.ElectionMs, timeouts.MaxElectionMs, timeouts.HeartbeatMs, timeouts.LeaderWaitMs, timeouts.RequestMs).ShouldBe((
            node.TickMilliseconds, node.ElectionTimeoutMilliseconds, node.MaxElectionTimeoutMilliseconds, node.HeartbeatMilliseconds, node.LeaderWaitMilliseconds,
            node.RequestTimeoutMilliseconds));
        var budgets = new Budgets();
        (budgets.MaxRequests, budgets.MaxRequestBytes, budgets.MaxUncommittedEntries, budgets.MaxUncommittedBytes).ShouldBe((
            node.MaxRequests, node.MaxRequestBytes, node.MaxUncommittedEntries, node.MaxUncommittedBytes));
        var raft = new Consensus.RaftOptions { Self = default, Seed = 0 };
        (node.MaxUncommittedEntries, node.MaxUncommittedBytes).ShouldBe((raft.MaxUncommittedEntries, raft.MaxUncommittedBytes));
        (budgets.LeastMemoryBytes - budgets.MaxRequestBytes - budgets.MaxUncommittedBytes).ShouldBe(raft.TailBytes);
    }

    [Fact]
    public void Without_a_memory_budget_it_is_half_of_what_the_machine_gives_and_never_less_than_requests_may_take()
    {
        using var small = new ConfigurationFile($$"""{ "nodeId": 1, "budgets": {"memoryBytes": 50331648, "maxRequestBytes": 16777216, "maxUncommittedBytes": 16777216}, "dataFolder": "d", {{Members}} }""");
        using var without = new ConfigurationFile(Good);
        long machine = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

        small.Load().Configuration.Budgets.MemoryBytesHere.ShouldBe(50_331_648);
        without.Load().Configuration.Budgets.MemoryBytesHere.ShouldBe(Math.Max(machine / 2, 136 * 1024 * 1024));
    }

    [Fact]
    public void Every_number_can_be_set_and_arrives()
    {
        foreach (NumberSetting setting in Settings.All.OfType<NumberSetting>())
        {
            long value = setting.Min + 1;
            setting.Get(setting.Put(new ServeConfiguration(), value)).ShouldBe(value, setting.Key);
            long standard = setting.Get(new ServeConfiguration());
            bool withinBounds = setting.Key == "nodeId" || (standard >= setting.Min && standard <= setting.Max);
            withinBounds.ShouldBeTrue($"{setting.Key}: the default {standard} is out of bounds");
        }
    }

    [Theory]
    [InlineData("", "config.json: line 1, byte 1: this is not JSON")]
    [InlineData("{", "config.json: line 1")]
    [InlineData("{\n  nodeId: 1}", "config.json: line 2, byte 3: this is not JSON")]
    [InlineData("[]", "config.json: a list stands where an object belongs")]
    [InlineData("{}", "config.json: the key \"nodeId\" is missing")]
    [InlineData("""{"nodeID": 1}""", "config.json: the key \"nodeID\" is not known; the nearest is \"nodeId\"")]
    [InlineData("""{"nodeId": 1, "nodeId": 2}""", "config.json: the key \"nodeId\" stands twice")]
    [InlineData("""{"nodeId": "1"}""", "config.json: nodeId: a string stands where a number belongs")]
    [InlineData("""{"nodeId": 0}""", "config.json: nodeId: 0 is not a whole number from 1 to")]
    [InlineData("""{"nodeId": 1.5}""", "config.json: nodeId: 1.5 is not a whole number")]
    [InlineData("""{"nodeId": 99999999999999999999}""", "config.json: nodeId: 99999999999999999999 is not a whole number")]
    [InlineData("""{"nodeId": 1}""", "config.json: the key \"members\" is missing")]
    [InlineData("""{"nodeId": 1, "members": 3}""", "config.json: members: a number stands where a list of members belongs")]
    [InlineData("""{"nodeId": 1, "members": []}""", "config.json: members: 0 members are listed; a cluster has 1 to 9")]
    [InlineData("""{"nodeId": 1, "members": ["a"]}""", "config.json: members[0]: a string stands where a member belongs")]
    [InlineData("""{"members": [{"id": 1, "client": "h:1"}]}""", "config.json: members[0]: the key \"peer\" is missing")]
    [InlineData("""{"members": [{"id": 1, "adress": "h:1"}]}""", "config.json: members[0]: the key \"adress\" is not known; the nearest is")]
    [InlineData("""{"members": [{"id": 0, "client": "h:1", "peer": "h:2"}]}""", "config.json: members[0].id: 0 is not a whole number from 1")]
    [InlineData("""{"members": [{"id": 1, "client": 1, "peer": "h:2"}]}""", "config.json: members[0].client: a number stands where an address")]
    [InlineData(
        """{"members": [{"id": 1, "client": "h:1", "peer": "h:2"}, {"id": 2, "client": "h:3", "peer": "10.0.0.2"}]}""",
        "config.json: members[1].peer: \"10.0.0.2\" has no port; write it as host:port, for example 10.0.0.2:7001")]
    [InlineData("""{"members": [{"id": 1, "client": "", "peer": "h:2"}]}""", "members[0].client: the address is empty")]
    [InlineData("""{"members": [{"id": 1, "client": "h:0", "peer": "h:2"}]}""", "members[0].client: \"0\" is not a port")]
    [InlineData("""{"members": [{"id": 1, "client": "h:65536", "peer": "h:2"}]}""", "members[0].client: \"65536\" is not a port")]
    [InlineData("""{"members": [{"id": 1, "client": "h:x", "peer": "h:2"}]}""", "members[0].client: \"x\" is not a port")]
    [InlineData("""{"members": [{"id": 1, "client": "http://h:80", "peer": "h:2"}]}""", "\"http://h:80\" is a URL; write it as host:port, without http://, for example")]
    [InlineData("""{"members": [{"id": 1, "client": "::1:80", "peer": "h:2"}]}""", "looks like an IPv6 address; write it as [address]:port")]
    [InlineData("""{"members": [{"id": 1, "client": "[::1]", "peer": "h:2"}]}""", "\"[::1]\" has no port")]
    [InlineData("""{"members": [{"id": 1, "client": "[x]:80", "peer": "h:2"}]}""", "is not an IPv6 address in brackets")]
    [InlineData("""{"members": [{"id": 1, "client": "http//a:80", "peer": "h:2"}]}""", "is not a host name or IP address")]
    [InlineData("""{"members": [{"id": 1, "client": "0.0.0.0:80", "peer": "h:2"}]}""", "members[0].client: nobody can reach a member at 0.0.0.0:80")]
    [InlineData("""{"members": [{"id": 1, "client": "h:80", "peer": "[::]:2"}]}""", "members[0].peer: nobody can reach a member at [::]:2")]
    [InlineData("""{"dataFolder": ""}""", "config.json: dataFolder: the path is empty")]
    [InlineData("""{"allowInsecure": "yes"}""", "config.json: allowInsecure: a string stands where true or false belongs")]
    [InlineData("""{"clientListen": "0.0.0.0"}""", "config.json: clientListen: \"0.0.0.0\" has no port")]
    [InlineData("""{"limits": 5}""", "config.json: limits: a number stands where an object belongs")]
    [InlineData("""{"limits": {"maxTopic": 5}}""", "config.json: limits: the key \"maxTopic\" is not known; the nearest is \"maxTopics\"")]
    [InlineData("""{"limits": {"maxTopics": 0}}""", "config.json: limits.maxTopics: 0 is not a whole number from 1 to 1000000")]
    [InlineData("""{"limits": {"maxMessageBytes": 8388608}}""", "config.json: limits.maxMessageBytes: 8388608 is not a whole number from 1 to 8387584")]
    [InlineData("""{"budgets": {"maxRequestBytes": 1000}}""", "config.json: budgets.maxRequestBytes: 1000 is not a whole number from 8388608")]
    [InlineData("""{"limits": {"maxTopics": null}}""", "config.json: limits.maxTopics: null stands where a number belongs")]
    [InlineData("""{"timeouts": {"tickMs": true}}""", "config.json: timeouts.tickMs: a true or false stands where a number belongs")]
    [InlineData("""{"wal": {"segmentBytes": 1}}""", "config.json: wal.segmentBytes: 1 is not a whole number from 16777216")]
    public void What_is_wrong_is_said_with_its_place(string content, string message)
    {
        using var file = new ConfigurationFile(content);

        ConfigurationException wrong = Should.Throw<ConfigurationException>(() => file.Load());

        wrong.Message.ShouldContain(message);
        wrong.Message.ShouldStartWith("config.json: ");
        wrong.Message.ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("\"nodeId\": 4", "nodeId: 4 is not among the members' ids: 1, 2, 3")]
    [InlineData("\"nodeId\": 1, \"timeouts\": {\"electionMs\": 100}", "timeouts.electionMs: 100 is less than 4 heartbeats")]
    [InlineData("\"nodeId\": 1, \"timeouts\": {\"maxElectionMs\": 199}", "timeouts.maxElectionMs: 199 is less than timeouts.electionMs, 200")]
    [InlineData("\"nodeId\": 1, \"timeouts\": {\"heartbeatMs\": 5}", "timeouts.heartbeatMs: 5 is shorter than a tick")]
    [InlineData("\"nodeId\": 1, \"timeouts\": {\"requestMs\": 100}", "timeouts.requestMs: 100 is less than timeouts.leaderWaitMs")]
    [InlineData("\"nodeId\": 1, \"wal\": {\"segmentBytes\": 17000000}", "wal.segmentBytes: 17000000 is not a multiple of 4096")]
    [InlineData("\"nodeId\": 1, \"limits\": {\"maxBytesPerTopic\": 10}", "limits.maxBytesPerTopic: 10 has no room for one message")]
    [InlineData("\"nodeId\": 1, \"budgets\": {\"memoryBytes\": 50000000}", "budgets.memoryBytes: 50000000 is less than what requests under way may take by themselves, 142606336")]
    [InlineData("\"nodeId\": 1, \"budgets\": {\"memoryBytes\": 150000000, \"maxUncommittedBytes\": 100000000}", "budgets.memoryBytes: 150000000 is less")]
    [InlineData("\"nodeId\": 1, \"budgets\": {\"diskBytes\": 100663295}", "budgets.diskBytes: 100663295 is less than 100663296: the log alone takes 2 spare segments")]
    [InlineData("\"nodeId\": 1, \"budgets\": {\"diskBytes\": 90000000}, \"wal\": {\"spareSegments\": 3}", "budgets.diskBytes: 90000000 is less than 117440512")]
    [InlineData("\"nodeId\": 1, \"limits\": {\"maxBytes\": 10}", "limits.maxBytes: 10 has no room for one message")]
    public void What_does_not_fit_together_is_said(string keys, string message)
    {
        using var file = new ConfigurationFile($$"""{ {{keys}}, "dataFolder": "d", {{Members}} }""");

        Should.Throw<ConfigurationException>(() => file.Load()).Message.ShouldStartWith("config.json: " + message);
    }

    [Theory]
    [InlineData("127.0.0.1:8082", "127.0.0.1:7002", 1, "members[1].id: 1 is also the id of members[0]")]
    [InlineData("127.0.0.1:8081", "127.0.0.1:7002", 2, "members[1].client: 127.0.0.1:8081 is also the address at members[0].client")]
    [InlineData("127.0.0.1:8082", "127.0.0.1:8081", 2, "members[1].peer: 127.0.0.1:8081 is also the address at members[0].client")]
    public void Members_share_nothing(string client, string peer, int id, string message)
    {
        using var file = new ConfigurationFile($$"""
            {"nodeId": 1, "dataFolder": "d", "members": [
              {"id": 1, "client": "127.0.0.1:8081", "peer": "127.0.0.1:7001"}, {"id": {{id}}, "client": "{{client}}", "peer": "{{peer}}"}]}
            """);

        Should.Throw<ConfigurationException>(() => file.Load()).Message.ShouldContain(message);
    }

    [Fact]
    public void A_missing_file_is_named_with_its_whole_path()
    {
        using var file = new ConfigurationFile("");
        string missing = Path.Combine(file.Folder, "other.json");

        var environment = new Dictionary<string, string>();
        Should.Throw<ConfigurationException>(() => ServeConfigurationLoader.Load(missing, environment)).Message
            .ShouldBe($"other.json: there is no such file: {missing}");
    }

    [Fact]
    public void The_environment_overrides_the_file()
    {
        using var file = new ConfigurationFile(Good);

        ServeConfiguration configuration = file.Load(
            ("RAFTMQ_NODE_ID", "2"),
            ("RAFTMQ_DATA_FOLDER", "/elsewhere"),
            ("RAFTMQ_LIMITS_MAX_TOPICS", "12"),
            ("RAFTMQ_TIMEOUTS_ELECTION_MS", "900"),
            ("RAFTMQ_ALLOW_INSECURE", "true"),
            ("RAFTMQ_CLIENT_LISTEN", "0.0.0.0:80"),
            ("PATH", "ignored")).Configuration;

        configuration.NodeId.ShouldBe(2);
        configuration.DataFolder.ShouldBe("/elsewhere");
        configuration.Limits.MaxTopics.ShouldBe(12);
        configuration.Timeouts.ElectionMs.ShouldBe(900);
        configuration.AllowInsecure.ShouldBeTrue();
        configuration.ClientListen.ShouldBe(new HostPort("0.0.0.0", 80));
    }

    [Theory]
    [InlineData("RAFTMQ_NODE_ID", "one", "RAFTMQ_NODE_ID: \"one\" is not a whole number from 1")]
    [InlineData("RAFTMQ_NODE_ID", "", "RAFTMQ_NODE_ID: \"\" is not a whole number")]
    [InlineData("RAFTMQ_LIMITS_MAX_TOPICS", "0", "RAFTMQ_LIMITS_MAX_TOPICS: 0 is not a whole number from 1 to 1000000")]
    [InlineData("RAFTMQ_ALLOW_INSECURE", "1", "RAFTMQ_ALLOW_INSECURE: \"1\" is neither true nor false")]
    [InlineData("RAFTMQ_PEER_LISTEN", "host", "RAFTMQ_PEER_LISTEN: \"host\" has no port")]
    [InlineData("RAFTMQ_DATA_FOLDER", "", "RAFTMQ_DATA_FOLDER: the path is empty")]
    public void A_bad_value_in_the_environment_names_its_variable(string name, string value, string message)
    {
        using var file = new ConfigurationFile(Good);

        Should.Throw<ConfigurationException>(() => file.Load((name, value))).Message.ShouldStartWith(message);
    }

    [Fact]
    public void A_variable_that_means_nothing_is_warned_about()
    {
        using var file = new ConfigurationFile(Good);

        LoadedConfiguration loaded = file.Load(("RAFTMQ_LIMITS_MAXTOPICS", "5"), ("RAFTMQ_PORT", "tcp://10.0.0.1:80"));

        loaded.Warnings.Count.ShouldBe(2);
        loaded.Warnings[0].ShouldContain("RAFTMQ_LIMITS_MAXTOPICS means nothing to RaftMQ; the nearest that does is RAFTMQ_LIMITS_MAX_TOPICS");
        loaded.Configuration.Limits.MaxTopics.ShouldBe(10_000);
    }
}
