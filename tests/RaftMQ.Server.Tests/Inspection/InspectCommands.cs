using System.Text.Json;
using RaftMQ.Storage.Files;

namespace RaftMQ.Server.Tests.Inspection;

/// <summary><c>raftmq inspect</c> as a person or a program starts it.</summary>
public sealed class InspectCommands : IDisposable
{
    private readonly NodeFolder _folder = new();

    [Fact]
    public async Task A_sound_folder_is_reported_with_code_0_and_left_as_it_was()
    {
        Dictionary<string, string> before = _folder.Everything();

        (int code, string output, string error) = await NodeFolder.Inspect(_folder.Path);

        (code, error).ShouldBe((0, ""));
        output.ShouldStartWith(_folder.Path + "\n");
        output.ShouldContain("\n  cluster      000000000000000000000000000000c1\n  node         1\n  incarnation  0000000000000007\n");
        output.ShouldContain("\n  entries     4: 1@1 to 4@1\n  written     1 birth, 0 no-ops, 4 commands, 0 memberships; ");
        output.ShouldContain("\n  truncated   1 of these, 1 time\n");
        output.ShouldContain("\n  1     voter     0000000000000007  127.0.0.1:7001  127.0.0.1:8081\n");
        output.ShouldContain("\n  0000000001.wal  1         0000000000000005  ");
        output.ShouldContain("8,192  1 to 4\n");
        output.ShouldEndWith("\nsound: a node starts with this folder\n");
        _folder.Everything().ShouldBe(before);
    }

    [Fact]
    public async Task A_sound_folder_of_a_version_to_come_is_said_to_be_none_for_this_program()
    {
        _folder.Raise();

        (int code, string output, string error) = await NodeFolder.Inspect(_folder.Path);

        (code, error).ShouldBe((0, ""));
        output.ShouldEndWith($"\nsound, but not for this program: the cluster is at version 65535, and this program understands {Consensus.ClusterVersions.OfThisProgram}: run a newer raftmq on this node\n");
    }

    [Fact]
    public async Task Entries_are_listed_one_a_line_with_what_they_ask_for()
    {
        (int code, string output, _) = await NodeFolder.Inspect(_folder.Path, "--entries", "2..");

        code.ShouldBe(0);
        output.Split('\n')[..7].ShouldBe([
            "     index    term  kind        time                          bytes  what",
            "         2       1  command     2023-11-14 22:13:20.002Z         11  create-topic \"orders\"",
            "         3       1  command     2023-11-14 22:13:20.003Z         17  publish \"orders\", with a request key",
            "         4       1  command     2023-11-14 22:13:20.004Z         15  publish \"orders\"",
            "            entries from 4 on are dropped here: another leader's take their places",
            "         4       1  command     2023-11-14 22:13:20.004Z         11  pop \"orders\"",
            ""]);
    }

    [Fact]
    public async Task Without_a_range_all_entries_are_listed()
    {
        (_, string output, _) = await NodeFolder.Inspect(_folder.Path, "--entries");

        output.Split('\n')[1].ShouldEndWith("birth       2023-11-14 22:13:20.001Z         78  cluster 000000000000000000000000000000c1 founded by node 1; seats 1/7");
    }

    [Fact]
    public async Task Json_is_one_document_with_the_entries_if_they_are_asked_for()
    {
        (int code, string output, string error) = await NodeFolder.Inspect(_folder.Path, "--json", "--entries", "..4");

        (code, error).ShouldBe((0, ""));
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement;
        root.GetProperty("entries")[2].GetRawText().ShouldBe(
            """{"index":3,"term":1,"kind":"command","time":1700000000003,"payloadBytes":17,"command":{"asks":"publish","topic":"orders","hasRequestKey":true}}""");
        root.GetProperty("entries")[4].GetRawText().ShouldBe("""{"truncatedFrom":4}""");
        root.GetProperty("identity").GetRawText().ShouldBe("""{"cluster":"000000000000000000000000000000c1","node":1,"incarnation":"0000000000000007"}""");
        root.GetProperty("log").GetProperty("last").GetRawText().ShouldBe("""{"index":4,"term":1}""");
        root.GetProperty("sound").GetBoolean().ShouldBeTrue();
        root.GetProperty("segments").GetArrayLength().ShouldBe(1);
        root.GetProperty("findings").GetArrayLength().ShouldBe(0);

        (_, output, _) = await NodeFolder.Inspect(_folder.Path, "--json");
        using JsonDocument without = JsonDocument.Parse(output);
        without.RootElement.TryGetProperty("entries", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Every_damaged_place_is_listed_and_the_code_is_3()
    {
        _folder.FlipBit(NodeFolder.Segment, 1536 + 60);
        _folder.FlipBit(NodeFolder.Segment, 2560 + 20);

        (int code, string output, string error) = await NodeFolder.Inspect(_folder.Path);

        code.ShouldBe(3);
        output.Split('\n').Count(line => line.StartsWith("  damage in 0000000001.wal at offset ", StringComparison.Ordinal)).ShouldBe(2);
        output.ShouldEndWith("\ndamaged in 2 places: a node does not start with this folder\n");
        error.ShouldStartWith($"raftmq: {_folder.Path} is damaged in 2 places, the first of them in 0000000001.wal at offset ");
        error.TrimEnd('\n').ShouldNotContain("\n");

        (code, output, _) = await NodeFolder.Inspect(_folder.Path, "--json");
        using JsonDocument document = JsonDocument.Parse(output);
        code.ShouldBe(3);
        document.RootElement.GetProperty("sound").GetBoolean().ShouldBeFalse();
        document.RootElement.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("kind").GetString()).ShouldBe(["damage", "damage"]);
    }

    [Fact]
    public async Task A_folder_in_use_is_refused_with_code_3()
    {
        using IDisposable taken = new PhysicalFileSystem(_folder.Path).TryLock().ShouldNotBeNull();

        (await NodeFolder.Inspect(_folder.Path, "--json")).ShouldBe(
            (3, "", $"raftmq: the data folder {_folder.Path} is in use by another process; stop that one, or inspect a copy of the folder\n"));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_or_no_nodes_is_refused_with_code_2_and_not_made()
    {
        string missing = Path.Combine(_folder.Above, "missing");

        (await NodeFolder.Inspect(missing)).ShouldBe((2, "", $"raftmq: there is no folder {missing}; DIR is the data folder of a node\n"));
        (await NodeFolder.Inspect(_folder.Above)).ShouldBe(
            (2, "", $"raftmq: {_folder.Above} is no data folder: it holds neither an identity nor a log; try {_folder.Path}\n"));
        Directory.GetFileSystemEntries(_folder.Above).ShouldBe([_folder.Path]);
    }

    [Fact]
    public async Task A_folder_of_a_newer_format_is_refused_with_code_3()
    {
        _folder.MakeNewer("identity");

        (int code, string output, string error) = await NodeFolder.Inspect(_folder.Path);

        (code, output).ShouldBe((3, ""));
        error.ShouldEndWith("the identity file is of format 2, and this program knows format 1: use the newer program\n");
    }

    [Fact]
    public async Task A_folder_whose_log_was_compacted_shows_its_bodies_and_what_its_log_still_holds()
    {
        _folder.Compact();

        (int code, string output, string error) = await NodeFolder.Inspect(_folder.Path);

        (code, error).ShouldBe((0, ""));
        output.ShouldContain("\n  entries     24: 37@1 to 60@1\n  written     0 births, 0 no-ops, 24 commands, 0 memberships; ");
        output.ShouldContain("\nmembers, by entry 1\n  node  suffrage  incarnation       peers           clients\n  1     voter     0000000000000007  ");
        output.ShouldContain(
            "\nbodies\n"
            + "  file                                              of entries  holds  bytes  kind            state\n"
            + $"  {NodeFolder.Copy}  1 to 15     4      4,664  copy            sound\n"
            + $"  {NodeFolder.FormerSegment}  16 to 22    7      8,192  former segment  sound\n");
        output.ShouldEndWith("\nsound: a node starts with this folder\n");

        (_, output, _) = await NodeFolder.Inspect(_folder.Path, "--json");
        using JsonDocument document = JsonDocument.Parse(output);
        document.RootElement.GetProperty("bodyFiles")[0].GetRawText().ShouldBe(
            $$"""{"file":"{{NodeFolder.Copy}}","bytes":4664,"first":1,"last":15,"kind":"copy","entries":4,"sound":true,"within":null}""");
        document.RootElement.GetProperty("bodyFiles")[1].GetProperty("kind").GetString().ShouldBe("segment");
        document.RootElement.GetProperty("log").GetProperty("beginsBehind").GetUInt64().ShouldBe(36UL);
    }

    [Fact]
    public async Task A_log_without_entries_says_behind_which_one_it_goes_on()
    {
        _folder.ReleaseAllEntries();

        (int code, string output, _) = await NodeFolder.Inspect(_folder.Path);

        code.ShouldBe(0);
        output.ShouldContain("\n  entries     none; the next one follows entry 4, the last in the oldest snapshot\n  written     0 births, ");
        output.ShouldContain("\n  last stamp  2023-11-14 22:13:20.004Z\n");
        output.ShouldContain("\nmembers, by entry 1\n");
    }

    [Fact]
    public async Task A_node_starts_with_a_damaged_body_and_is_said_to_end_when_it_needs_it()
    {
        _folder.Compact();
        _folder.FlipBit(NodeFolder.FormerSegment, 1_100);

        (int code, string output, string error) = await NodeFolder.Inspect(_folder.Path);

        code.ShouldBe(3);
        output.ShouldContain($"\n  damage in {NodeFolder.FormerSegment} at offset ");
        output.ShouldEndWith("\ndamaged in one place: a node starts with this folder, and ends when it needs a body that is damaged\n");
        error.ShouldStartWith($"raftmq: {_folder.Path} is damaged in {NodeFolder.FormerSegment} at offset ");
    }

    [Fact]
    public async Task Before_a_file_of_a_newer_format_is_refused_nothing_is_written()
    {
        _folder.Compact();
        _folder.WriteLongLog();
        _folder.MakeNewer(NodeFolder.FormerSegment);
        foreach (string[] options in new string[][] { ["--json", "--entries"], ["--entries"], ["--json"] })
        {
            (int code, string output, string error) = await NodeFolder.Inspect([_folder.Path, .. options]);

            (code, output).ShouldBe((3, ""));
            error.ShouldEndWith("is of format 2, and this program knows format 1: use the newer program\n");
        }
    }

    public void Dispose() => _folder.Dispose();
}
