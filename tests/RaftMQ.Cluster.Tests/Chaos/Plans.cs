namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>What a plan of chaos may say.</summary>
public sealed class Plans
{
    private const int Seeds = 300;

    private static readonly TimeSpan Length = TimeSpan.FromMinutes(20);

    [Fact]
    public void A_plan_is_a_function_of_seed_and_length()
    {
        Plan.Long(7, Length, 5).ToString().ShouldBe(Plan.Long(7, Length, 5).ToString());
        Plan.Long(8, Length, 5).ToString().ShouldNotBe(Plan.Long(7, Length, 5).ToString());
        Plan.Long(7, 2 * Length, 5).ToString().ShouldContain(Plan.Long(7, Length, 5).Episodes[^1].ToString());
    }

    [Fact]
    public void Every_kind_of_fault_is_in_the_short_plan_and_in_twenty_minutes()
    {
        string[] all = [.. Faults.All.Select(fault => fault.Name).Order(StringComparer.Ordinal)];

        KindsOf(Plan.Short()).ShouldBe(all);
        KindsOf(Plan.Long(1, Length, 3)).ShouldBe(all);
    }

    [Fact]
    public void In_the_short_plan_a_leader_that_another_one_has_to_follow_is_out_for_long_enough()
    {
        Strike[] strikes = [.. Plan.Short().Episodes.SelectMany(episode => episode.Strikes).Where(strike => strike.Fault.Deposes)];

        strikes.ShouldAllBe(strike => strike.IsLongForAnyLink && strike.Duration >= TimeSpan.FromSeconds(2) && (strike.Victim == Victim.Leader || strike.Victim == Victim.Everybody));
        strikes.Select(strike => strike.Fault.Name).ShouldBe(["pause", "disk-stall", "isolate", "mute", "deafen", "hold-up", "shatter", "pause"]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Members_change_beside_every_fault_that_takes_a_node_and_beside_none_that_takes_more(int nodes)
    {
        Episode[] episodes = [.. Enumerable.Range(1, Seeds).SelectMany(seed => Plan.Long(seed, Length, nodes).Episodes)];
        var partners = episodes.SelectMany(PartnersOfChurn).Distinct().ToList();

        partners.Where(fault => fault.TakesANode).ShouldBe(Faults.All.Where(fault => fault.TakesANode), ignoreOrder: true);
        partners.ShouldAllBe(fault => fault.TakesANode || fault.Toll == Toll.None);
        Plan.Short().Episodes.SelectMany(PartnersOfChurn).ShouldContain(fault => fault.TakesANode);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void No_more_than_a_minority_loses_what_it_has_at_a_time(int nodes)
    {
        Plan[] plans = [Plan.Short(), .. Enumerable.Range(1, Seeds).Select(seed => Plan.Long(seed, Length, nodes))];
        foreach ((Plan plan, Episode episode) in plans.SelectMany(plan => plan.Episodes.Select(episode => (plan, episode))))
        {
            Toll[] tolls = [.. episode.Strikes.Select(strike => strike.Fault.Toll)];
            tolls.Count(toll => toll == Toll.Disk).ShouldBeLessThanOrEqualTo(plan.Minority, $"{plan.Name}: {episode}");
            episode.Strikes.Where(strike => strike.Fault.TakesANode || strike.Fault.Toll == Toll.Churn).Select(strike => strike.Victim).ShouldBeUnique();
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Any_two_that_take_a_node_each_strike_together_and_the_second_at_any_moment_of_the_first(int nodes)
    {
        Episode[] pairs = [.. Enumerable.Range(1, Seeds).SelectMany(seed => Plan.Long(seed, Length, nodes).Episodes).Where(episode => episode.Strikes.Count == 2)];
        Fault[] taking = [.. Faults.All.Where(fault => fault.TakesANode)];

        string[] due = [.. from one in taking from other in taking where nodes > 3 || (one.Toll, other.Toll) != (Toll.Disk, Toll.Disk) select $"{one.Name} {other.Name}"];
        pairs.Where(pair => pair.Strikes.All(strike => strike.Fault.TakesANode)).Select(pair => $"{pair.Strikes[0].Fault.Name} {pair.Strikes[1].Fault.Name}").Distinct().ShouldBe(due, ignoreOrder: true);
        pairs.Select(pair => pair.Strikes[1].After.TotalSeconds).Distinct().Count().ShouldBe(31, "in tenths from 0 to 3 s");
        pairs.ShouldContain(pair => pair.MayTakeTheMajority(nodes));
    }

    [Fact]
    public void Half_of_a_long_plan_is_pairs_and_it_takes_about_as_long_as_it_should()
    {
        Episode[] episodes = [.. Plan.Long(3, Length, 5).Episodes];

        episodes.Count(episode => episode.Strikes.Count == 2).ShouldBeInRange(episodes.Length / 3, episodes.Length / 2);
        episodes.Select(episode => episode.Start).ShouldBeInOrder();
        episodes[^1].Start.ShouldBeInRange(Length - TimeSpan.FromMinutes(1), Length);
    }

    private static IEnumerable<Fault> PartnersOfChurn(Episode episode) =>
        episode.Strikes.SelectMany(strike => episode.Strikes.Where(other => other != strike && strike.Fault.Toll == Toll.Churn).Select(other => other.Fault));

    private static string[] KindsOf(Plan plan) => [.. plan.Episodes.SelectMany(episode => episode.Strikes).Select(strike => strike.Fault.Name).Distinct().Order(StringComparer.Ordinal)];
}
