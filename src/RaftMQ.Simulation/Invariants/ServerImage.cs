using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Simulation.Invariants;

/// <summary>
/// What one incarnation has given to its disk and what of it is durable there: kept beside the node, from the batches that go to the disk and the syncs that were done, so that
/// nothing that the node says of itself has to be believed.
/// </summary>
/// <param name="server">The incarnation.</param>
/// <param name="memoryTicks">For how many ticks it is remembered what it has committed as a leader.</param>
internal sealed class ServerImage(ServerId server, int memoryTicks)
{
    private readonly Queue<(ulong Batch, WalBatch Records)> _underWay = new();
    private readonly Queue<(ulong Batch, WalBatch Records)> _unreported = new();

    public ServerId Server { get; } = server;

    /// <summary>All that was given to the disk.</summary>
    public LogImage Given { get; } = new();

    /// <summary>What is durable.</summary>
    public LogImage Durable { get; } = new();

    /// <summary>What the node has been told is durable: the most that it may claim.</summary>
    public LogImage Reported { get; } = new();

    /// <summary>Whether its node lost the disk of an incarnation that had a vote.</summary>
    public bool FollowsAVoter { get; set; }

    /// <summary>In this life: the highest commit and applied index seen, and the term that it was seen leading.</summary>
    public ulong CommitSeen { get; set; }

    public ulong AppliedSeen { get; set; }

    public ulong TermLed { get; set; }

    public Role RoleSeen { get; set; }

    /// <summary>The term that it leads or has led last in this life.</summary>
    public LeaderImage? Leader { get; private set; }

    /// <summary>The ticks that it has handled, as many of them as were looked at, and what its monotonic clock showed at the last two.</summary>
    public long Ticks { get; set; }

    public long TicksSeen { get; set; }

    public long TickMs { get; set; }

    public long TickBeforeMs { get; set; }

    /// <summary>The last configuration in the log, and the one in force, when they were last compared.</summary>
    public Membership? MembershipSeen { get; set; }

    public Membership? MembershipInForce { get; set; }

    /// <summary>What leaders sent in this turn to be appended.</summary>
    public List<AppendEntries> Received { get; } = [];

    /// <summary>Where the log ended at the turn before.</summary>
    public ulong LastBefore { get; set; }

    /// <summary>The snapshot whose last piece the disk was given and that is not known yet to be installed: after a crash it may be, or not.</summary>
    public LogPosition? Installing { get; set; }

    /// <summary>It leads a term, whether or not that was seen already.</summary>
    public void Lead(Term term)
    {
        if (Leader?.Term != term)
        {
            Leader = new LeaderImage(term, Ticks, memoryTicks);
        }
    }

    public void Give(ulong batch, in WalBatch records) => _underWay.Enqueue((batch, records));

    /// <summary>All batches up to this one are durable.</summary>
    public void OnSynced(ulong batch)
    {
        while (_underWay.TryPeek(out (ulong Batch, WalBatch Records) first) && first.Batch <= batch)
        {
            _unreported.Enqueue(_underWay.Dequeue());
            Apply(first.Records, Durable);
        }
    }

    /// <summary>The node is about to be told that all batches up to this one are durable.</summary>
    /// <returns>False if some of them are not.</returns>
    public bool OnReported(ulong batch)
    {
        ulong last = 0;
        while (_unreported.TryPeek(out (ulong Batch, WalBatch Records) first) && first.Batch <= batch)
        {
            _unreported.Dequeue();
            Apply(first.Records, Reported);
            last = first.Batch;
        }

        return last == batch;
    }

    /// <summary>
    /// A new life begins with what recovery found: everything that was durable, and of what was under way the records up to some point, in the order in which they
    /// were written.
    /// </summary>
    /// <param name="recovered">What was found.</param>
    /// <param name="committed">What the cluster has committed.</param>
    /// <param name="hasTermWithoutLog">Whether the term or vote of a batch is there, and not all of the log that was written behind it.</param>
    /// <returns>False if it is anything else.</returns>
    public bool BeginLife(RecoveredLog recovered, CommittedLog committed, out bool hasTermWithoutLog)
    {
        hasTermWithoutLog = false;
        bool found = Durable.Equals(recovered) || (Installing is { } snapshot && IsInstalling(snapshot, recovered, committed));
        while (!found && _underWay.TryDequeue(out (ulong Batch, WalBatch Records) next))
        {
            found = ApplyUntil(next.Records, recovered, out bool lacksLog);
            hasTermWithoutLog = lacksLog && next.Records.HardState is not null;
        }

        _underWay.Clear();
        _unreported.Clear();
        Given.CopyFrom(Durable);
        Reported.CopyFrom(Durable);
        Installing = null;
        MembershipSeen = null;
        Leader = null;
        Received.Clear();
        (CommitSeen, AppliedSeen, TermLed, RoleSeen, LastBefore) = (0, 0, 0, Role.Follower, Durable.Last);
        return found;
    }

    /// <summary>
    /// Whether the disk was in the midst of an installation, or has come to its end: the log is the old one or the new one, and of the batches beside it only term and vote are left, with
    /// which a new log begins.
    /// </summary>
    private bool IsInstalling(LogPosition snapshot, RecoveredLog recovered, CommittedLog committed)
    {
        var before = new LogImage();
        before.CopyFrom(Durable);
        if (recovered.Base == snapshot)
        {
            Durable.Install(snapshot, committed);
        }

        bool found = Durable.Equals(recovered);
        foreach ((ulong _, WalBatch records) in _underWay)
        {
            if (!found)
            {
                Durable.HardState = records.HardState ?? Durable.HardState;
                found = Durable.Equals(recovered);
            }
        }

        if (!found)
        {
            Durable.CopyFrom(before);
        }

        return found;
    }

    private static void Apply(in WalBatch records, LogImage image)
    {
        image.HardState = records.HardState ?? image.HardState;
        if (records.TruncateFrom is { } from)
        {
            image.TruncateFrom(from.Value);
        }

        for (int i = 0; i < records.Entries.Count; i++)
        {
            image.Append(records.Entries[i]);
        }
    }

    /// <summary>Makes the records of a batch durable one by one, until that is what was found.</summary>
    private bool ApplyUntil(in WalBatch records, RecoveredLog recovered, out bool lacksLog)
    {
        if (records.HardState is { } state)
        {
            Durable.HardState = state;
            if (Durable.Equals(recovered))
            {
                lacksLog = records.TruncateFrom is not null || records.Entries.Count > 0;
                return true;
            }
        }

        if (records.TruncateFrom is { } from)
        {
            Durable.TruncateFrom(from.Value);
            if (Durable.Equals(recovered))
            {
                lacksLog = records.Entries.Count > 0;
                return true;
            }
        }

        for (int i = 0; i < records.Entries.Count; i++)
        {
            Durable.Append(records.Entries[i]);
            if (Durable.Last == recovered.LastIndex.Value && Durable.Equals(recovered))
            {
                lacksLog = i + 1 < records.Entries.Count;
                return true;
            }
        }

        lacksLog = false;
        return Durable.Equals(recovered);
    }
}
