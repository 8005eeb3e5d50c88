using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>Each kind of fault by itself is survived.</summary>
public sealed class FaultsAlone
{
    public static TheoryData<FaultKind> Kinds => [.. Enum.GetValues<FaultKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_run_with_one_kind_of_fault_has_no_failure(FaultKind kind)
    {
        HashSet<FaultKind> without = [.. Enum.GetValues<FaultKind>().Where(other => other != kind)];
        for (ulong seed = 1; seed <= 6; seed++)
        {
            RunResult result = Run.Make(new RunOptions { Seed = seed, Events = 4_000, Without = without });

            result.Failure.ShouldBeNull($"seed {seed}, {kind} alone: {result.Failure}\n{string.Join('\n', result.LastLines)}");
        }
    }

    [Theory]
    [InlineData(Profile.Any)]
    [InlineData(Profile.Births)]
    [InlineData(Profile.Disks)]
    [InlineData(Profile.Network)]
    public void A_few_seeds_of_each_profile_have_no_failure(Profile profile)
    {
        for (ulong seed = 101; seed <= 112; seed++)
        {
            RunResult result = Run.Make(new RunOptions { Seed = seed, Events = 5_000, Profile = profile });

            result.Failure.ShouldBeNull($"seed {seed}, {profile}: {result.Failure}\n{string.Join('\n', result.LastLines)}");
        }
    }
}
