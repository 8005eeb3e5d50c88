using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RaftMQ.Repository.Tests;

/// <summary>ARCHITECTURE.md: a project reference is the only door, and arrows point down only.</summary>
public sealed class Arrows
{
    private static readonly Dictionary<string, string[]> MayReferTo = new()
    {
        ["Consensus"] = [],
        ["Queues"] = [],
        ["Storage"] = ["Consensus"],
        ["Replica"] = ["Consensus", "Queues", "Storage"],
        ["Simulation"] = ["Replica"],
        ["Simulator"] = ["Simulation"],
        ["Node"] = ["Replica"],
        ["Transport"] = ["Node", "Consensus"],
        ["Contracts"] = [],
        ["Server"] = ["Node", "Transport", "Contracts"],
    };

    private static readonly string[] Deterministic = ["Consensus", "Queues", "Storage", "Replica", "Simulation"];

    public static TheoryData<string> Rooms => [.. Repository.Files.Where(path => Regex.IsMatch(path, "^src/.*csproj$")).Select(path => Path.GetFileNameWithoutExtension(path)["RaftMQ.".Length..])];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_refers_only_to_the_rooms_below_it(string room)
    {
        MayReferTo.ShouldContainKey(room, $"a new room is a decision: add {room} to ARCHITECTURE.md and to this table");

        References(room).Except(MayReferTo[room]).ShouldBeEmpty();
    }

    [Fact]
    public void Every_room_of_the_table_exists() => MayReferTo.Keys.ShouldBe(Rooms.Select(row => row.Data), ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Deterministic_rooms_ban_clocks_threads_files_and_chance_at_compile_time(string room)
    {
        string project = Repository.Read($"src/RaftMQ.{room}/RaftMQ.{room}.csproj");

        project.Contains("<DeterministicRoom>true</DeterministicRoom>", StringComparison.Ordinal).ShouldBe(Deterministic.Contains(room));
    }

    [Fact]
    public void The_ban_is_lifted_only_in_the_two_files_that_touch_the_machine()
    {
        string[] lifted = [.. Repository.Sources("src").Where(path => Repository.Read(path).Contains("RS0030", StringComparison.Ordinal))];

        lifted.ShouldBe(["src/RaftMQ.Storage/Files/NativeFiles.cs", "src/RaftMQ.Storage/Files/PhysicalFileSystem.cs"], ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Every_room_has_a_map(string room) => Repository.Files.ShouldContain($"src/RaftMQ.{room}/README.md");

    [Fact]
    public void Every_package_says_why_it_is_there()
    {
        XElement[] packages = [.. XDocument.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion")];

        packages.ShouldNotBeEmpty();
        XNode? Before(XElement package) => package.ElementsBeforeSelf("PackageVersion").Any() || package.PreviousNode is not null ? package.PreviousNode : null;
        foreach (XElement package in packages)
        {
            XNode? node = Before(package);
            while (node is XElement or XText)
            {
                node = node.PreviousNode;
            }

            node.ShouldBeOfType<XComment>($"{package.Attribute("Include")!.Value} has no comment above it");
        }
    }

    private static IEnumerable<string> References(string room) =>
        XDocument.Parse(Repository.Read($"src/RaftMQ.{room}/RaftMQ.{room}.csproj")).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)["RaftMQ.".Length..]);
}
