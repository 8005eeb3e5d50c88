using RaftMQ.Consensus;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>
/// A voter of three is replaced, and one of the four nodes is killed after any event on the way: at no step does the cluster stand fewer failures than before. The others go on, and once
/// the killed one is back and the replacement is asked for again it comes to its end.
/// </summary>
public sealed class ReplacementsUnderKills
{
    private const long Second = 1_000_000;
    private const int EventsBehind = 5;

    public enum Role
    {
        Leader,
        OtherFollower,
        Leaves,
        Comes,
    }

    public static TheoryData<Role, bool> Victims => new(
        from role in Enum.GetValues<Role>()
        from leaderLeaves in new[] { false, true }
        where !(leaderLeaves && role == Role.Leaves)
        select (role, leaderLeaves));

    [Theory]
    [MemberData(nameof(Victims))]
    public void The_others_go_on_and_it_is_done_in_the_end(Role victim, bool leaderLeaves)
    {
        long events = EventsOf(leaderLeaves);
        HashSet<string> struck = [];
        for (long after = 0; after <= events; after++)
        {
            var replacement = new Replacement(leaderLeaves);
            replacement.Ask(after);
            struck.Add(replacement.Step);

            SimulatedNode killed = replacement.NodeOf(victim);
            string when = $"killed after {after} events: {replacement.Step}";
            killed.StaysDown = true;
            killed.Die(powerIsLost: true);
            replacement.RequireThatTheOthersGoOn(killed, when);

            killed.StaysDown = false;
            killed.Start();
            replacement.RequireTheEnd(when);
        }

        struck.ShouldBeSubsetOf(["not named", "learner", "joint", "done"]);
        struck.Count.ShouldBe(4, string.Join(", ", struck));
    }

    /// <summary>How many events it takes if nobody is killed, and some more.</summary>
    private static long EventsOf(bool leaderLeaves)
    {
        var replacement = new Replacement(leaderLeaves);
        long before = replacement.World.Events;
        replacement.Ask();
        replacement.World.Run(() => replacement.IsDone, 10 * Second).ShouldBeTrue();
        return replacement.World.Events - before + EventsBehind;
    }

    /// <summary>A cluster of three with a fourth node beside it that is to take the place of one of them.</summary>
    private sealed class Replacement
    {
        private readonly SimulatedNode _leader;
        private readonly SimulatedNode _leaves;
        private readonly SimulatedNode _comes;

        public Replacement(bool leaderLeaves)
        {
            (_, World) = LedClusters.Of(seeds: 100, plan => plan.Founders == 3 && plan.Nodes > 3, conditions: null, comesUpWithin: 15 * Second, FaultKind.Membership).First();
            World.Run(() => false, Second);
            _leader = SimulatedWorld.LeaderOf(World.Nodes)!;
            _leaves = leaderLeaves ? _leader : World.Nodes.First(node => node != _leader);
            _comes = World.Nodes[4];
        }

        public SimulatedWorld World { get; }

        private Membership InForce => SimulatedWorld.LeaderOf(World.Nodes)!.Replica!.Core.Membership!;

        /// <summary>How far it is by the newest configuration that anybody has.</summary>
        public string Step
        {
            get
            {
                Membership newest = World.Nodes.Where(node => node.Replica is { IsMember: true }).Select(node => node.Replica!.Core).MaxBy(core => (core.Log.Last.Term.Value, core.Log.Last.Index.Value))!.Membership!;
                return newest.IsJoint ? "joint" : newest.Find(NumberOf(_comes)) is not { } newcomer ? "not named" : newcomer.Suffrage == Suffrage.Learner ? "learner" : "done";
            }
        }

        public bool IsDone =>
            SimulatedWorld.LeaderOf(World.Nodes)?.Replica is { Core: { Membership: { IsJoint: false } now, IsMembershipCommitted: true } }
            && now.Find(NumberOf(_comes)) is { Suffrage: Suffrage.Voter } && now.Find(NumberOf(_leaves)) is null;

        public SimulatedNode NodeOf(Role role) => role switch
        {
            Role.Leader => _leader,
            Role.Leaves => _leaves,
            Role.Comes => _comes,
            _ => World.Nodes.First(node => node != _leader && node != _leaves && node.Id <= 3),
        };

        /// <summary>Asks for it, and lets so many events happen.</summary>
        public void Ask(long events = 0)
        {
            long before = World.Events;
            SimulatedNode? leader = SimulatedWorld.LeaderOf(World.Nodes);
            if (leader is not null)
            {
                World.Faults.Ask(new MemberReplacement(NumberOf(_leaves), Plan.MemberOf(_comes.Id)), leader);
            }

            World.Run(() => World.Events >= before + events, 10 * Second);
        }

        /// <summary>One of the others leads, everything in its log is committed, and it keeps its majority.</summary>
        public void RequireThatTheOthersGoOn(SimulatedNode killed, string when)
        {
            World.Run(() => Going(killed), 3 * Second).ShouldBeTrue($"{when}; {World.Findings.First}");
            World.Run(() => false, 2 * Second);
            Going(killed).ShouldBeTrue($"{when}; {World.Findings.First}");
        }

        public void RequireTheEnd(string when)
        {
            for (int attempt = 0; attempt < 20 && !IsDone; attempt++)
            {
                Ask();
                World.Run(() => IsDone, Second);
            }

            IsDone.ShouldBeTrue($"{when}; {Step}; {World.Findings.First}");
            InForce.Members.Count.ShouldBe(3, when);
            World.Findings.First.ShouldBeNull(when);
        }

        private bool Going(SimulatedNode killed) =>
            SimulatedWorld.LeaderOf(World.Nodes.Where(node => node != killed))?.Replica!.Core is { } core && core.CommitIndex == core.Log.Last.Index;

        private static NodeId NumberOf(SimulatedNode node) => new((uint)node.Id);
    }
}
