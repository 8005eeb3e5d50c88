using RaftMQ.Contracts;
using RaftMQ.Server.Supervision;

namespace RaftMQ.Server.Tests.Supervision;

/// <summary>When a node that ended is started again.</summary>
public sealed class RestartPolicies
{
    private const int Killed = 128 + 9;

    private static readonly TimeSpan Briefly = TimeSpan.FromSeconds(59);

    [Fact]
    public void One_that_keeps_ending_waits_twice_as_long_each_time_up_to_thirty_seconds()
    {
        var policy = new RestartPolicy();

        double?[] waits = [.. Enumerable.Range(0, 7).Select(_ => policy.After(Killed, Briefly)?.TotalSeconds)];

        waits.ShouldBe([1, 2, 4, 8, 16, 30, 30]);
    }

    [Fact]
    public void One_that_ran_for_a_minute_starts_again_after_a_second()
    {
        var policy = new RestartPolicy();
        policy.After(Killed, Briefly);
        policy.After(Killed, Briefly);

        policy.After(Killed, TimeSpan.FromMinutes(1)).ShouldBe(TimeSpan.FromSeconds(1));
        policy.After(Killed, Briefly).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void One_whose_exit_code_asks_for_a_person_is_never_started_again_and_every_other_is()
    {
        foreach (ExitCode code in ExitCode.All)
        {
            (new RestartPolicy().After(code.Value, Briefly) is null).ShouldBe(code.NeedsPerson, code.Name);
        }
    }
}
