using RaftMQ.Consensus;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Node.Tests;

/// <summary>What a node says of a start that takes long.</summary>
public sealed class StartProgresses
{
    private readonly SteppedTime _time = new();
    private readonly List<string> _said = [];
    private readonly StartProgress _progress;

    public StartProgresses() => _progress = new StartProgress(_time, _said.Add);

    [Fact]
    public void Reading_is_told_with_share_and_rate_once_a_second()
    {
        for (int megabytes = 0; megabytes <= 1_024; megabytes += 4)
        {
            _time.Milliseconds = megabytes * 10L / 4;
            _progress.OnRead(new RecoveryProgress((long)megabytes << 20, 1L << 30));
        }

        _said.ShouldBe(["reading the log: 400 MiB of 1.0 GiB, 39 %, 400 MiB/s", "reading the log: 800 MiB of 1.0 GiB, 78 %, 400 MiB/s"]);
    }

    [Fact]
    public void A_short_start_says_nothing()
    {
        _time.Milliseconds = 990;
        _progress.OnRead(new RecoveryProgress(48 << 20, 48 << 20));
        _progress.OnRecovered(new LogIndex(10), new LogIndex(5_000));
        Applies(2_000);
        _time.Milliseconds = 1_500;
        Applies(4_000);
        Applies(5_000);

        _said.ShouldBeEmpty();
    }

    [Fact]
    public void Replaying_is_told_with_share_and_rate_and_the_wait_for_a_leader_is_not_counted()
    {
        _progress.OnRecovered(new LogIndex(1_000), new LogIndex(1_001_000));
        Applies(1_000);
        _time.Milliseconds = 60_000;
        Applies(1_000);
        Applies(2_000);
        _said.ShouldBeEmpty();
        _time.Milliseconds = 61_000;
        Applies(252_000);
        _time.Milliseconds = 61_500;
        Applies(300_000);
        _time.Milliseconds = 62_000;
        Applies(502_000);

        _said.ShouldBe(
            [
                "replaying the log: up to entry 252,000 of 1,001,000, 25 %, 250,000 entries/s",
                "replaying the log: up to entry 502,000 of 1,001,000, 50 %, 250,000 entries/s",
            ]);
        _progress.IsReplaying.ShouldBeTrue();
    }

    [Fact]
    public void What_comes_after_the_start_is_not_spoken_of()
    {
        _progress.OnRecovered(new LogIndex(10), new LogIndex(20));
        Applies(15);
        _time.Milliseconds = 2_000;
        Applies(20);
        _time.Milliseconds = 4_000;
        Applies(30);

        _said.ShouldBeEmpty();
        _progress.IsReplaying.ShouldBeFalse();
    }

    [Fact]
    public void What_was_taken_back_is_not_waited_for()
    {
        _progress.OnRecovered(new LogIndex(10), new LogIndex(20));
        _progress.OnApplied(new LogIndex(15), new LogIndex(18));
        _time.Milliseconds = 2_000;
        _progress.OnApplied(new LogIndex(18), new LogIndex(18));
        _time.Milliseconds = 4_000;
        _progress.OnApplied(new LogIndex(19), new LogIndex(19));

        _said.ShouldBeEmpty();
        _progress.IsReplaying.ShouldBeFalse();
    }

    private void Applies(ulong index) => _progress.OnApplied(new LogIndex(index), new LogIndex(2_000_000));

    private sealed class SteppedTime : TimeProvider
    {
        public long Milliseconds { get; set; }

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Milliseconds;
    }
}
