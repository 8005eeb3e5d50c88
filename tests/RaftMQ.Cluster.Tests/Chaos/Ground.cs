using System.Diagnostics;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>What faults strike: real nodes, each in a network and on a disk of its own and with its own clock, one to spare, and the clients that keep asking them.</summary>
internal sealed class Ground : IDisposable
{
    public const string Topic = "orders";

    private const int DiskBytes = 512 * 1024 * 1024;
    private const int BulkBytes = 8 * 1024 * 1024;
    private const int BulkClients = 2;

    /// <summary>More than is asked for, since while a fault lasts there may be less.</summary>
    private const int RequestsPerSecond = 800;
    private const int Publishers = 8;
    private const int Consumers = 7;
    private const int Backlog = 200;

    private static readonly object OftenSnapshots = new { snapshotAfterBytes = 1024 * 1024, tailBytes = 64 * 1024, spareSegments = 1 };

    /// <summary>Longer than any fault, and twice that, since a clock that jumps may halve it.</summary>
    private static readonly object ManyKeys = new { requestKeyWindowMilliseconds = 240_000, maxRequestKeys = 1_000_000, maxRequestKeyBytes = 1024 * 1024 * 1024 };

    private readonly List<SteppedClock> _clocks = [];
    private readonly List<MountedDisk> _disks = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Bulk _bulk;
    private Task _load = Task.CompletedTask;

    public Ground(int founders, int seed)
    {
        Founders = founders;
        Spare = founders + 1;
        Network = new Network(Spare, seed);
        try
        {
            for (int id = 1; id <= Spare; id++)
            {
                _clocks.Add(new SteppedClock());
                _disks.Add(MountedDisk.InFile(DiskBytes));
            }
        }
        catch
        {
            Clear();
            throw;
        }

        Machine[] machines = [.. Enumerable.Range(1, Spare).Select(id => Network.Machine(id) with { Disk = _disks[id - 1], Environment = _clocks[id - 1].Environment })];
        Cluster = new ServeCluster(Spare, ManyKeys, OftenSnapshots, founders: founders, machines: machines);
        Accounting = new Accounting(Cluster, Topic, beat: Beat);
        _bulk = new Bulk(Cluster, BulkBytes);
    }

    /// <summary>The nodes are 1 to this one.</summary>
    public int Founders { get; }

    /// <summary>The node that is there to be added.</summary>
    public int Spare { get; }

    /// <summary>Whether what strikes at the moment strikes alone.</summary>
    public bool IsStruckOnce { get; set; }

    public Network Network { get; }

    public ServeCluster Cluster { get; }

    public Accounting Accounting { get; }

    public Beat Beat { get; } = new(RequestsPerSecond);

    /// <summary>All founders but one.</summary>
    public IEnumerable<int> Others(int than) => Enumerable.Range(1, Founders).Where(id => id != than);

    /// <summary>All that a node may have links with: while members change the spare one, too.</summary>
    public IEnumerable<int> Peers(int of) => Enumerable.Range(1, Spare).Where(id => id != of);

    public MountedDisk DiskOf(int id) => _disks[id - 1];

    public SteppedClock ClockOf(int id) => _clocks[id - 1];

    public async Task StartAsync()
    {
        for (int id = 1; id <= Founders; id++)
        {
            Cluster.Start(id);
        }

        Node leader = await Cluster.LeaderAsync();
        for (int id = 1; id <= Founders; id++)
        {
            await Cluster.UntilPhaseAsync(id, "Member");
        }

        (await leader.CreateAsync(Topic)).IsDone.ShouldBeTrue(Cluster.Outputs());
        await _bulk.CreateAsync(leader);
        await Accounting.SendAwayAsync(Cluster[Spare]);
        _load = Task.WhenAll(Accounting.RunAsync(Publishers, _stop.Token), Accounting.ConsumeAsync(Consumers, _stop.Token, Backlog));
    }

    /// <summary>Ends the load and compares what was promised with what is there.</summary>
    public async Task SettleAsync()
    {
        await _stop.CancelAsync();
        await _load;
        await Cluster.LeaderAsync();
        await Accounting.SettleAsync();
        await Cluster.UntilEqualAsync();
    }

    /// <summary>Lets a fault last.</summary>
    public static async Task LastAsync(TimeSpan duration)
    {
        long began = Stopwatch.GetTimestamp();
        if (duration <= TimeSpan.Zero)
        {
            return;
        }

        await Eventually.TrueAsync(() => Stopwatch.GetElapsedTime(began) >= duration, () => "time stands still", duration + Eventually.Patience);
    }

    /// <summary>Fills the logs with large messages, beside the load, until this is so.</summary>
    public async Task PourUntilAsync(Func<bool> condition, string otherwise)
    {
        using var enough = new CancellationTokenSource();
        Task pouring = _bulk.RunAsync(BulkClients, enough.Token);
        try
        {
            await Eventually.TrueAsync(condition, () => $"{otherwise}\n{Cluster.Outputs()}");
        }
        finally
        {
            await enough.CancelAsync();
            await pouring;
        }
    }

    /// <summary>Waits until a node takes part again.</summary>
    public Task UntilMemberAsync(int id) => Cluster.UntilPhaseAsync(id, "Member");

    public void Dispose()
    {
        _stop.Cancel();
        Cluster.Dispose();
        Clear();
        _stop.Dispose();
    }

    private void Clear()
    {
        Network.Dispose();
        _disks.ForEach(disk => disk.Dispose());
        _clocks.ForEach(clock => clock.Dispose());
    }
}
