using RaftMQ.Simulation.Checkers;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>Histories of made-up runs: accepted as they are, refused once they are spoiled.</summary>
public sealed class MadeHistories
{
    private const int GoodRuns = 1_500;
    private const int OperationsOfARun = 120;
    private const int SpoiledOfAKind = 10;
    private const ulong MostSeeds = 2_000;

    public static TheoryData<string> Mutations => [.. Mutation.All.Select(mutation => mutation.Name)];

    [Fact]
    public void A_good_run_is_accepted_by_every_check_and_decided_by_the_independent_one()
    {
        for (ulong seed = 0; seed < GoodRuns; seed++)
        {
            History history = MadeRun.Make(seed, OperationsOfARun).History;

            (Check refusing, string said) = Checks.Ask(history);

            refusing.ShouldBe(Check.None, $"seed {seed}\n{said}");
        }
    }

    [Theory]
    [MemberData(nameof(Mutations))]
    public void A_spoiled_run_is_refused(string name)
    {
        Mutation mutation = Mutation.All.Single(mutation => mutation.Name == name);
        int spoiled = 0;
        for (ulong seed = 0; spoiled < SpoiledOfAKind; seed++)
        {
            seed.ShouldBeLessThan(MostSeeds, "runs have no place for it");
            var draft = new Draft(MadeRun.Make(seed, OperationsOfARun), seed);
            if (!mutation.TrySpoil(draft))
            {
                continue;
            }

            spoiled++;
            HistoryChecks.Judge(draft.History, out _).ShouldNotBeNull($"seed {seed}");
            (Check refusing, string said) = Checks.Ask(draft.History);
            (refusing & mutation.SeenBy).ShouldBe(mutation.SeenBy, $"seed {seed}\n{said}");
        }
    }

    [Fact]
    public void At_least_200_spoiled_runs_are_refused() => (Mutation.All.Length * SpoiledOfAKind).ShouldBeGreaterThanOrEqualTo(200);
}
