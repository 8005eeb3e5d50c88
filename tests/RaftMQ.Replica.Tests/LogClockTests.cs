using RaftMQ.Consensus;

namespace RaftMQ.Replica.Tests;

/// <summary>The leader's stamp: monotonic, drawn gently towards the wall clock.</summary>
public sealed class LogClockTests
{
    private const long Hour = 3_600_000;

    [Fact]
    public void It_follows_the_wall_clock_when_both_agree()
    {
        LogClock clock = StartedAt(10_000);

        clock.Advance(500, 10_500);

        clock.Now.ShouldBe(new LogTime(10_500));
    }

    [Fact]
    public void A_wall_clock_that_jumps_ahead_by_an_hour_makes_it_run_at_most_twice_as_fast()
    {
        LogClock clock = StartedAt(10_000);

        clock.Advance(1_000, 10_000 + Hour);

        clock.Now.ShouldBe(new LogTime(12_000));
    }

    [Fact]
    public void A_wall_clock_that_jumps_back_by_an_hour_slows_it_down_and_never_stops_it()
    {
        LogClock clock = StartedAt(Hour * 2);

        clock.Advance(1_000, Hour);

        clock.Now.ShouldBe(new LogTime((Hour * 2) + 500));
    }

    [Fact]
    public void It_catches_up_and_then_agrees_again()
    {
        LogClock clock = StartedAt(10_000);

        for (long elapsed = 10; elapsed <= 4_000; elapsed += 10)
        {
            clock.Advance(elapsed, 11_000 + elapsed);
        }

        clock.Now.ShouldBe(new LogTime(15_000));
    }

    [Fact]
    public void What_has_passed_before_it_took_over_anothers_stamp_is_not_counted_again()
    {
        LogClock clock = StartedAt(10_000);

        clock.Observe(new LogTime(18_000));
        clock.Advance(4_000, 10_000 + Hour);
        clock.Now.ShouldBe(new LogTime(18_000));

        clock.Advance(4_010, 10_010 + Hour);
        clock.Now.ShouldBe(new LogTime(18_020));
    }

    [Fact]
    public void It_never_falls_behind_an_entry_of_the_log()
    {
        LogClock clock = StartedAt(10_000);

        clock.Observe(new LogTime(20_000));
        clock.Advance(10, 10_010);
        clock.Now.ShouldBe(new LogTime(20_000));

        clock.Advance(20, 10_020);
        clock.Now.ShouldBe(new LogTime(20_005));
    }

    [Fact]
    public void A_monotonic_clock_that_is_read_late_never_turns_it_back()
    {
        LogClock clock = StartedAt(10_000);
        clock.Advance(500, 10_500);

        clock.Advance(400, 10_400);

        clock.Now.Milliseconds.ShouldBeGreaterThanOrEqualTo(10_400);
    }

    private static LogClock StartedAt(long wallMs)
    {
        var clock = new LogClock();
        clock.Advance(0, wallMs);
        clock.BeginAt(wallMs);
        return clock;
    }
}
