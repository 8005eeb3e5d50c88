using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RaftMQ.Server.Tests.Commands;

/// <summary>What <c>raftmq backup</c> leaves where it cannot do its work, and for how long it waits.</summary>
public sealed class BackupCommands : IDisposable
{
    private const string Nobody = "http://127.0.0.1:1";

    private readonly string _folder = Directory.CreateTempSubdirectory("raftmq-backup-").FullName;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public BackupCommands() => _listener.Start();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string BackupPath => Path.Combine(_folder, "k");

    private string PartPath => BackupPath + ".part";

    private string Url => $"http://{_listener.LocalEndpoint}";

    [Fact]
    public async Task A_file_of_its_other_name_is_left_as_it_is()
    {
        await File.WriteAllTextAsync(PartPath, "precious", Cancelled);

        (int code, _, string error) = await Shell.RunAsync("backup", "--from", Nobody, BackupPath);

        code.ShouldBe(2);
        error.ShouldBe($"raftmq: {PartPath} exists: another backup to {BackupPath} is under way, or ended half way; wait for it, remove {PartPath}, or give this one another name\n");
        (await File.ReadAllTextAsync(PartPath, Cancelled)).ShouldBe("precious");
    }

    [Fact]
    public async Task A_folder_that_is_none_is_said_to_be_wrong_in_one_line()
    {
        string file = Path.Combine(_folder, "afile");
        await File.WriteAllTextAsync(file, "", Cancelled);
        foreach (string folder in new[] { Path.Combine(_folder, "nodir"), file })
        {
            string path = Path.Combine(folder, "x");

            (await Shell.RunAsync("backup", "--from", Nobody, path)).ShouldBe((2, "", $"raftmq: there is no folder {folder} for {path}; make it first, or name another file\n"));
        }
    }

    [Fact]
    public async Task A_signal_ends_it_and_leaves_nothing()
    {
        Task answering = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nRAFT");
        using Process backup = Shell.Start("backup", "--from", Url, BackupPath);
        await answering;
        File.Exists(PartPath).ShouldBeTrue();

        using Process kill = Process.Start("sh", ["-c", $"kill -INT {backup.Id}"]);
        (int code, string output, string error) = await Shell.EndAsync(backup);

        (code, output, error).ShouldBe((130, "", ""));
        Directory.GetFiles(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_node_that_is_silent_is_given_up_and_named()
    {
        (int code, _, string error) = await Shell.RunAsync("backup", "--from", Url, BackupPath);

        code.ShouldBe(6);
        error.ShouldBe($"raftmq: the backup failed: {Url} has said nothing for 5 s; name another node with --from; nothing was written to {BackupPath}\n");
        Directory.GetFiles(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_port_of_peers_is_told_from_a_node_that_fails()
    {
        Task hangingUp = HangUpAsync();

        (int code, _, string error) = await Shell.RunAsync("backup", "--from", Url, BackupPath);

        code.ShouldBe(6);
        error.ShouldContain($"{Url} cannot be asked: ");
        error.ShouldContain("is it the address for clients?");
        _listener.Stop();
        await Should.ThrowAsync<Exception>(() => hangingUp);
    }

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Answers requests on one connection, and stays on the line.</summary>
    private async Task AnswerAsync(params string[] answers)
    {
        Socket caller = await _listener.AcceptSocketAsync(Cancelled);
        foreach (string answer in answers)
        {
            await caller.ReceiveAsync(new byte[4096], Cancelled);
            await caller.SendAsync(Encoding.ASCII.GetBytes(answer), Cancelled);
        }
    }

    /// <summary>As a port for peers does with what is no frame.</summary>
    private async Task HangUpAsync()
    {
        while (true)
        {
            using Socket caller = await _listener.AcceptSocketAsync(Cancelled);
            await caller.ReceiveAsync(new byte[4096], Cancelled);
        }
    }
}
