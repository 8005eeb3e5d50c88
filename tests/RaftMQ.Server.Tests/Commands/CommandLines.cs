using System.Net;
using System.Net.Sockets;
using RaftMQ.Server.Tests.Configuration;

namespace RaftMQ.Server.Tests.Commands;

/// <summary>The program as a person starts it: what it prints where, and how it ends.</summary>
public sealed class CommandLines
{
    [Fact]
    public async Task The_version_is_one_line_on_standard_output()
    {
        (await Shell.RunAsync("--version")).ShouldBe((0, "raftmq 0.1.0\n", ""));
    }

    [Theory]
    [InlineData("--help", "Commands:")]
    [InlineData("serve --help", "raftmq serve --config node1.json")]
    [InlineData("classroom --help", "raftmq classroom config.json 0")]
    [InlineData("inspect --help", "raftmq inspect .raftmq/node-1/data --entries 1..20")]
    public async Task Help_goes_to_standard_output_with_an_example(string arguments, string word)
    {
        (int code, string output, string error) = await Shell.RunAsync(arguments.Split(' '));

        (code, error).ShouldBe((0, ""));
        output.ShouldContain(word);
        output.ShouldNotContain("--supervised");
    }

    [Theory]
    [InlineData("", "a command is missing")]
    [InlineData("bogus", "`raftmq` does not know \"bogus\"")]
    [InlineData("serv --config x", "the nearest it knows is \"serve\"")]
    [InlineData("serve", "--config")]
    [InlineData("serve --config", "--config")]
    [InlineData("serve --confg x", "`raftmq serve` does not know \"--confg\"; the nearest it knows is \"--config\"")]
    [InlineData("serve --config a --log-format xml", "--log-format is text or json, not \"xml\"")]
    [InlineData("serve --config @missing.json", "@missing.json: there is no such file")]
    [InlineData("classroom", "CONFIG")]
    [InlineData("classroom config.json", "INDEX")]
    [InlineData("classroom config.json first", "INDEX is a place in the list of addresses, 0 for the first, not \"first\"")]
    [InlineData("classroom missing.json 0", "missing.json: there is no such file")]
    [InlineData("inspect", "DIR")]
    [InlineData("inspect data --entries x..", "--entries takes an index or a range of them, such as 7, 5..9, 5.. or ..9, not \"x..\"")]
    [InlineData("dev --nodes x", "--nodes is a number from 1 to 9, not \"x\"")]
    [InlineData("dev --nodes 10", "--nodes is a number from 1 to 9, not \"10\"")]
    [InlineData("dev --port 0", "--port is a number from 1 to 65535, not \"0\"")]
    [InlineData("dev --port 65535", "--port is 1 to 65533, so that 3 nodes have a port each, not 65535")]
    [InlineData("restore file --data new --node x", "--node is a number from 1 to 2147483647, not \"x\"")]
    [InlineData("restore file --data new --client http://a:1", "--client: \"http://a:1\" is a URL; write it as host:port, without http://")]
    [InlineData("recover old --data new --peer a", "--peer: \"a\" has no port")]
    [InlineData("cluster add 4 --client a:1 --peer 0.0.0.0:1", "--peer: nobody can reach a member at 0.0.0.0:1")]
    [InlineData("cluster", "a command is missing: status, add, remove, replace, move or transfer; see `raftmq cluster --help`")]
    [InlineData("cluster add", "NODE, --client and --peer are missing; see `raftmq cluster add --help`")]
    [InlineData("cluster replace 3 --peer a:1", "NEW and --client are missing")]
    [InlineData("cluster add 4 5 --client a:1 --peer a:2", "`raftmq cluster add` takes NODE and no more, not \"5\"")]
    [InlineData("cluster replace 3 4 5", "`raftmq cluster replace` takes OLD and NEW and no more, not \"5\"")]
    [InlineData("dev remove 2 3", "`raftmq dev remove` takes NODE and no more, not \"3\"")]
    [InlineData("dev add 2", "`raftmq dev add` takes options and no more, not \"2\"")]
    [InlineData("recover old --data old/new", "the folder old/new lies in the old one, old, which is left as it is; name one outside of it")]
    [InlineData("restore file --data new --node 1 --client a:1 --peer a:1", "a:1 cannot be both addresses")]
    public async Task A_wrong_command_line_is_one_line_on_standard_error_and_code_2(string arguments, string word)
    {
        (int code, string output, string error) = await Shell.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        (code, output).ShouldBe((2, ""));
        error.ShouldStartWith("raftmq: ");
        error.ShouldContain(word);
        error.TrimEnd('\n').ShouldNotContain("\n");
    }

    /// <summary>What a script passes where a variable is not set.</summary>
    [Theory]
    [InlineData("--from", "backup", "--from", "", "x")]
    [InlineData("FILE", "backup", "--from", "http://127.0.0.1:1", "")]
    [InlineData("FILE", "restore", "", "--data", "x")]
    [InlineData("DIR", "recover", "", "--data", "x")]
    [InlineData("--data", "recover", "x", "--data", "")]
    [InlineData("DIR", "inspect", "")]
    [InlineData("--config", "serve", "--config", "")]
    [InlineData("CONFIG", "classroom", "", "0")]
    [InlineData("--data", "dev", "--data", "")]
    [InlineData("--data", "dev", "add", "--data", "")]
    [InlineData("--url", "cluster", "status", "--url", "")]
    public async Task What_is_empty_is_named(string what, params string[] arguments)
    {
        (int code, string output, string error) = await Shell.RunAsync(arguments);

        (code, output).ShouldBe((2, ""));
        error.ShouldStartWith($"raftmq: {what} is empty: was a variable not set?; see `raftmq {arguments[0]}");
        error.TrimEnd('\n').ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("2")]
    public async Task An_index_beyond_the_list_is_refused(string index)
    {
        using var file = new ConfigurationFile("""{"addresses":[{"ip":"127.0.0.1","port":1},{"ip":"127.0.0.1","port":2}]}""");

        (int code, _, string error) = await Shell.RunAsync("classroom", file.Path, index);

        code.ShouldBe(2);
        error.ShouldBe($"raftmq: INDEX {index} is not a place in the list of addresses; it has 2, from 0 to 1\n");
    }

    [Theory]
    [InlineData("0.0.0.0:8080", "127.0.0.1:7001", "the client address: other machines can reach 0.0.0.0:8080")]
    [InlineData("127.0.0.1:8080", "[::]:7001", "the peer address: other machines can reach [::]:7001")]
    public async Task An_address_that_others_can_reach_must_be_asked_for(string client, string peer, string word)
    {
        using var file = new ConfigurationFile(
            $$"""
            {"nodeId": 1, "dataFolder": "data", "clientListen": "{{client}}", "peerListen": "{{peer}}",
             "members": [{"id": 1, "client": "127.0.0.1:8080", "peer": "127.0.0.1:7001"}]}
            """);

        (int code, _, string error) = await Shell.RunAsync("serve", "--config", file.Path);

        code.ShouldBe(2);
        error.ShouldStartWith($"raftmq: {word}");
        error.ShouldContain("--allow-insecure");
        Directory.Exists(Path.Combine(file.Folder, "data")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_taken_port_is_named_before_the_data_folder_is_touched(bool client)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        string addresses = client
            ? $"\"client\": \"127.0.0.1:{port}\", \"peer\": \"127.0.0.1:1025\""
            : $"\"client\": \"127.0.0.1:1025\", \"peer\": \"127.0.0.1:{port}\"";
        using var file = new ConfigurationFile($$"""{"nodeId": 1, "dataFolder": "data", "members": [{"id": 1, {{addresses}}}]}""");

        (int code, _, string error) = await Shell.RunAsync("serve", "--config", file.Path);

        code.ShouldBe(4);
        error.ShouldBe($"raftmq: port {port} of 127.0.0.1 is taken by another process; choose another, or stop that one\n");
        Directory.Exists(Path.Combine(file.Folder, "data")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_cluster_that_finds_its_port_taken_leaves_no_folder()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var file = new ConfigurationFile("");
        string data = Path.Combine(file.Folder, "data");

        (int code, _, string error) = await Shell.RunAsync("dev", "--nodes", "1", "--port", $"{((IPEndPoint)taken.LocalEndpoint).Port}", "--data", data);

        code.ShouldBe(4, error);
        Directory.Exists(data).ShouldBeFalse();
    }
}
