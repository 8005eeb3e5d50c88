namespace RaftMQ.Replica.Tests;

/// <summary>A member that hangs keeps its links, so that only its leader can tell that it is silent.</summary>
public sealed class Silences
{
    [Fact]
    public void A_leader_says_once_that_a_member_is_silent_and_once_that_it_answers_again()
    {
        var world = new World(seed: 71, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode silent = world.Nodes.First(node => node != leader);
        world.Until(() => SilentMs(leader, silent) is null);
        string[] Said() => [.. leader.Reports.Where(report => report.Contains("answer", StringComparison.Ordinal))];

        world.Isolate(silent.Id);
        world.Until(() => SilentMs(leader, silent) is not null);
        Said().ShouldBeEmpty("a pause is no news");
        world.Until(() => Said().Length > 0);
        world.Pass(1_000);

        SilentMs(leader, silent).ShouldNotBeNull().ShouldBeGreaterThan(10_000);
        Said().ShouldHaveSingleItem().ShouldStartWith($"node {silent.Id} has not answered for 1.0 s, though there is a link with it");
        world.Heal();
        world.Until(() => Said().Length > 1);
        world.Pass(200);
        Said().Length.ShouldBe(2);
        Said()[1].ShouldStartWith($"node {silent.Id} answers again, after 1");
        SilentMs(leader, silent).ShouldBeNull();
    }

    [Fact]
    public void Of_a_member_without_a_link_the_leader_does_not_say_that_it_is_silent_as_well()
    {
        var world = new World(seed: 72, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode down = world.Nodes.First(node => node != leader);

        down.Kill();
        world.Pass(1_000);

        SilentMs(leader, down).ShouldNotBeNull().ShouldBeGreaterThan(9_000);
        leader.Reports.ShouldNotContain(report => report.Contains("answer"));
    }

    private static long? SilentMs(WorldNode leader, WorldNode of) => leader.Replica.SilentMsOf(leader.Replica.Core.Peers.Single(peer => peer.Server.Node.Value == of.Id));
}
