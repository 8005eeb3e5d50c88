using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using RaftMQ.Server.Tests.Configuration;
using RaftMQ.Server.Tests.Http;

namespace RaftMQ.Server.Tests.Commands;

/// <summary>One real node in a process of its own: how it begins, what it keeps, how it ends.</summary>
public sealed class Nodes : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<Process> _processes = [];
    private readonly List<ConfigurationFile> _files = [];
    private readonly int _port = FreePort();
    private readonly int _peerPort = FreePort();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private HttpClient Client => field ??= new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        foreach (Process process in _processes)
        {
            process.Kill();
            process.Dispose();
        }

        _files.ForEach(file => file.Dispose());
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_node_alone_serves_stops_in_order_and_keeps_what_it_was_given()
    {
        ConfigurationFile file = ServeFile();
        Process node = Start("serve", "--config", file.Path);
        await UntilLeader();
        await Put("/topic", """{"topic":"orders"}""");
        await Put("/message", """{"topic":"orders","message":"one"}""");

        await Stop(node);
        (await EndOf(node)).ShouldBe(0);
        Start("serve", "--config", file.Path);
        await UntilLeader();

        (await Client.GetStringAsync("/message/orders", Cancelled)).ShouldBe("""{"success":true,"message":"one"}""");
    }

    [Fact]
    public async Task A_folder_in_use_refuses_a_second_node_and_leaves_the_first_alone()
    {
        ConfigurationFile file = ServeFile();
        Start("serve", "--config", file.Path);
        await UntilLeader();
        using var elsewhere = new ConfigurationFile($$"""
            {"nodeId": 1, "dataFolder": "{{Path.Combine(file.Folder, "data")}}",
             "members": [{"id": 1, "client": "127.0.0.1:{{FreePort()}}", "peer": "127.0.0.1:{{FreePort()}}"}]}
            """);

        Process second = Start("serve", "--config", elsewhere.Path);

        string said = await second.StandardError.ReadToEndAsync(Cancelled);
        (await EndOf(second)).ShouldBe(3);
        said.TrimEnd().Split('\n')[^1].ShouldStartWith("raftmq: the data folder ");
        said.ShouldContain("in use by another process");
        (await Client.GetAsync("/topic", Cancelled)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_folder_of_another_cluster_than_the_one_to_join_is_refused_and_both_are_named()
    {
        ConfigurationFile file = ServeFile();
        Process node = Start("serve", "--config", file.Path);
        await UntilLeader();
        string? mine = (await Client.GetFromJsonAsync<JsonElement>("/v1/cluster", Cancelled)).GetProperty("cluster").GetString();
        await Stop(node);
        (await EndOf(node)).ShouldBe(0);
        await using Service other = await Service.StartAsync();

        node = Start("serve", "--config", file.Path, "--join", $"http://{other.Address}");

        string said = await node.StandardError.ReadToEndAsync(Cancelled);
        (await EndOf(node)).ShouldBe(3);
        said.TrimEnd().Split('\n')[^1].ShouldStartWith($"raftmq: the data folder {Path.Combine(file.Folder, "data")} belongs to cluster {mine}, and http://{other.Address} to cluster ");
    }

    [Fact]
    public async Task A_supervised_node_ignores_interrupts_and_ends_with_its_supervisor()
    {
        Process node = Start("serve", "--config", ServeFile().Path, "--supervised");
        await UntilLeader();

        await Signal(node, "INT");
        (await Client.GetAsync("/topic", Cancelled)).StatusCode.ShouldBe(HttpStatusCode.OK);
        node.HasExited.ShouldBeFalse();
        node.StandardInput.Close();

        (await EndOf(node)).ShouldBe(0);
    }

    [Fact]
    public async Task A_classroom_node_keeps_its_state_when_killed_and_loses_it_when_stopped()
    {
        var file = new ConfigurationFile($$"""{"addresses":[{"ip":"http://127.0.0.1/","port":{{_port}}}]}""");
        _files.Add(file);
        Process node = Start("classroom", file.Path, "0");
        await UntilLeader();
        await Put("/topic", """{"topic":"orders"}""");

        node.Kill();
        await EndOf(node);
        node = Start("classroom", file.Path, "0");
        await UntilLeader();
        (await Client.GetStringAsync("/topic", Cancelled)).ShouldBe("""{"success":true,"topics":["orders"]}""");
        await Stop(node);
        (await EndOf(node)).ShouldBe(0);
        node = Start("classroom", file.Path, "0");
        await UntilLeader();

        (await Client.GetStringAsync("/topic", Cancelled)).ShouldBe("""{"success":true,"topics":[]}""");
        await Stop(node);
        (await EndOf(node)).ShouldBe(0);
    }

    private ConfigurationFile ServeFile()
    {
        var file = new ConfigurationFile($$"""
            {"nodeId": 1, "dataFolder": "data", "members": [{"id": 1, "client": "127.0.0.1:{{_port}}", "peer": "127.0.0.1:{{_peerPort}}"}]}
            """);
        _files.Add(file);
        return file;
    }

    private Process Start(params string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "raftmq"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        _processes.Add(process);
        return process;
    }

    private async Task UntilLeader()
    {
        long began = Stopwatch.GetTimestamp();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                JsonElement status = await Client.GetFromJsonAsync<JsonElement>("/status", Cancelled);
                if (status.GetProperty("role").GetString() == "Leader")
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Its port is not open yet.
            }

            Stopwatch.GetElapsedTime(began).ShouldBeLessThan(Limit, "no leader");
            await look.WaitForNextTickAsync(Cancelled);
        }
    }

    private async Task Put(string path, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Client.PutAsync(path, content, Cancelled);
        response.IsSuccessStatusCode.ShouldBeTrue();
    }

    private static Task Stop(Process process) => Signal(process, "TERM");

    private static async Task Signal(Process process, string signal)
    {
        using Process kill = Process.Start("kill", ["-" + signal, process.Id.ToString(null as IFormatProvider)]);
        await kill.WaitForExitAsync(Cancelled);
    }

    private static async Task<int> EndOf(Process process)
    {
        await process.WaitForExitAsync(Cancelled).WaitAsync(Limit, Cancelled);
        return process.ExitCode;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
