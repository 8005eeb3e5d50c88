using RaftMQ.Server.Tests.Inspection;
using RaftMQ.Storage.Transfer;

namespace RaftMQ.Server.Tests.Commands;

/// <summary>The folder that <c>raftmq restore</c> and <c>raftmq recover</c> make, and what they refuse to make it of.</summary>
public sealed class NewFolders : IDisposable
{
    private readonly NodeFolder _old = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("raftmq-new-").FullName;

    private string New => Path.Combine(_folder, "above", "new");

    [Fact]
    public async Task What_was_made_for_a_restore_that_fails_goes_again_and_a_folder_that_was_there_stays()
    {
        string cut = Path.Combine(_folder, "cut");
        await File.WriteAllBytesAsync(cut, [.. BackupFile.Head(), 1, 2, 3], TestContext.Current.CancellationToken);
        string line = $"raftmq: {cut} cannot be restored: ";

        await RefusedAsync(3, line, "restore", cut, "--data", New);
        Directory.GetFileSystemEntries(_folder).ShouldBe([cut]);
        await RefusedAsync(3, line, "restore", cut, "--data", New + Path.DirectorySeparatorChar);
        Directory.GetFileSystemEntries(_folder).ShouldBe([cut], "also as the shell completes its name");

        Directory.CreateDirectory(New);
        await RefusedAsync(3, line, "restore", cut, "--data", New);
        Directory.GetFileSystemEntries(New).ShouldBeEmpty();

        await File.WriteAllTextAsync(Path.Combine(New, "lock"), "", TestContext.Current.CancellationToken);
        await RefusedAsync(3, line, "restore", cut, "--data", New);
        Directory.GetFileSystemEntries(New).ShouldBe([Path.Combine(New, "lock")]);
    }

    [Fact]
    public async Task What_is_no_file_or_no_folder_is_a_wrong_command_line()
    {
        string missing = Path.Combine(_folder, "missing");
        string file = Path.Combine(_folder, "file");
        await File.WriteAllBytesAsync(file, BackupFile.Head().ToArray(), TestContext.Current.CancellationToken);

        await RefusedAsync(2, $"raftmq: there is no file {missing}; FILE is what raftmq backup has written", "restore", missing, "--data", New);
        await RefusedAsync(2, $"raftmq: {_folder} is a folder, not a file; FILE is", "restore", _folder, "--data", New);
        await RefusedAsync(2, $"raftmq: {file} is a file, not a folder; name another one with --data", "restore", file, "--data", Path.Combine(file, "new"));
        await RefusedAsync(2, $"raftmq: {file} is a file, not a folder; name another one with --data", "recover", _old.Path, "--data", file);
    }

    [Fact]
    public async Task The_folder_of_a_node_that_was_let_go_is_recovered_from_only_if_it_is_said_where_it_will_be()
    {
        _old.LetGo();

        await RefusedAsync(
            3, $"raftmq: {_old.Path}: by entry 5 node 1 is no member: it was removed from that cluster, or not taken in yet", "recover", _old.Path, "--data", New, "--confirm", "00000000");

        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
        (int code, string output, string error) = await Shell.RunAsync(
            "recover", _old.Path, "--data", New, "--confirm", "00000000", "--client", "127.0.0.1:8080", "--peer", "127.0.0.1:7000");
        code.ShouldBe(0, error);
        output.ShouldContain($"{New}: node 1 of the new cluster");
    }

    [Fact]
    public async Task Where_a_folder_is_damaged_it_is_said_what_else_may_be_recovered_from()
    {
        _old.FlipBit(NodeFolder.Segment, 1536 + 60);

        string error = await RefusedAsync(3, $"raftmq: {_old.Path}", "recover", _old.Path, "--data", New, "--confirm", "00000000");

        error.ShouldEndWith(
            $"; nothing was written to {New}: take another member's folder, or a backup (raftmq restore); raftmq inspect {_old.Path} shows every damaged place\n");
    }

    public void Dispose()
    {
        _old.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<string> RefusedAsync(int exitCode, string line, params string[] arguments)
    {
        (int code, string output, string error) = await Shell.RunAsync(arguments);

        (code, output).ShouldBe((exitCode, ""), error);
        error.ShouldStartWith(line);
        error.TrimEnd('\n').ShouldNotContain("\n");
        return error;
    }
}
