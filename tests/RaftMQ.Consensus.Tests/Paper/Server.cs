using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>
/// Server 1 of three (unless said otherwise), alone with a test that plays the others. Its disk completes at once, unless the test holds it. Entry 1 is the
/// birth, so that a log of terms [1, 1, 2] has entries 1, 2 and 3.
/// </summary>
internal sealed class Server
{
    public const int ElectionTimeoutTicks = 10;
    public const int HeartbeatTicks = 2;
    public const int WaitWindowTicks = 100;
    public const int PieceBytes = 4;

    public static readonly ServerId S1 = Id(1);
    public static readonly ServerId S2 = Id(2);
    public static readonly ServerId S3 = Id(3);
    public static readonly ServerId S4 = Id(4);
    public static readonly ServerId S5 = Id(5);

    private readonly RaftOutput _output = new();
    private readonly List<Message> _sent = [];
    private readonly Queue<(Term Term, LogPosition Last, List<Message> Waiting)> _disk = new();
    private List<Message> _waitingForLast = [];

    private Server(int servers, ulong[] terms, HardState state, int compacted = 0, bool isInMemory = true, int longestTimeout = ElectionTimeoutTicks)
    {
        LogEntry[] log = [.. terms.Select((term, i) => i == 0 ? BirthOf(servers) : Entry((ulong)i + 1, term))];
        Core = new RaftCore(
            new RaftOptions
            {
                Self = S1,
                Seed = 1,
                ElectionTimeoutTicks = ElectionTimeoutTicks,
                MaxElectionTimeoutTicks = longestTimeout,
                HeartbeatTicks = HeartbeatTicks,
                WaitWindowTicks = WaitWindowTicks,
                MaxSnapshotPieceBytes = PieceBytes,
            },
            new RecoveredLog
            {
                HardState = state,
                Base = compacted == 0 ? LogPosition.Zero : log[compacted - 1].Position,
                LastIndex = new LogIndex((ulong)terms.Length),
                CommittedIndex = new LogIndex((ulong)compacted),
                Terms = [.. log.Skip(compacted).Select(entry => new TermRun(entry.Index, entry.Term)).DistinctBy(run => run.Term)],
                Tail = isInMemory ? log[compacted..] : [],
                Configurations = [log[0]],
            });
    }

    public RaftCore Core { get; }

    public bool DiskIsHeld { get; set; }

    /// <summary>Pieces of snapshots that the disk was given and the test has not answered for.</summary>
    public Queue<SnapshotPiece> Pieces { get; } = new();

    /// <summary>Pieces of snapshots that the owner was asked for and the test has not answered for.</summary>
    public Queue<SnapshotLoad> SnapshotLoads { get; } = new();

    /// <summary>Entries that the owner was asked for.</summary>
    public Queue<LoadRequest> Loads { get; } = new();

    /// <summary>Reads that have got their index.</summary>
    public List<ReadReady> ReadsReady { get; } = [];

    public HardState? LastHardState { get; private set; }

    /// <summary>A server of a cluster of three that has just started.</summary>
    public static Server WithLog(params ulong[] terms) => new(3, terms, new HardState(new Term(terms[^1]), null));

    public static Server Of(int servers, params ulong[] terms) => new(servers, terms, new HardState(new Term(terms[^1]), null));

    /// <summary>A server whose election timeout may become five times as long; that of all others here stays what it is.</summary>
    public static Server ThatAdapts(int servers, params ulong[] terms) =>
        new(servers, terms, new HardState(new Term(terms[^1]), null), longestTimeout: 5 * ElectionTimeoutTicks);

    public static Server ThatVoted(ulong term, ServerId? vote, params ulong[] terms) => new(3, terms, new HardState(new Term(term), vote));

    /// <summary>A server whose log begins behind so many entries, which are in a snapshot.</summary>
    public static Server CompactedTo(int compacted, params ulong[] terms) => CompactedTo(compacted, isInMemory: true, terms);

    public static Server CompactedTo(int compacted, bool isInMemory, params ulong[] terms) => new(3, terms, new HardState(new Term(terms[^1]), null), compacted, isInMemory);

    public static Server OfFiveCompactedTo(int compacted, params ulong[] terms) => new(5, terms, new HardState(new Term(terms[^1]), null), compacted);

    public static ServerId Id(uint number) => new(new NodeId(number), number);

    public static LogPosition At(ulong index, ulong term) => new(new LogIndex(index), new Term(term));

    public static LogEntry Entry(ulong index, ulong term) => new(new LogIndex(index), new Term(term), EntryKind.Command, default, new byte[] { (byte)term });

    public static RequestVote AsksForVote(ServerId candidate, ulong term, LogPosition lastLog, bool preVote = false, bool transfer = false) =>
        new(candidate, S1, new Term(term), preVote, lastLog, transfer);

    public static AppendEntries Replicates(ServerId leader, ulong term, LogPosition previous, ulong commit, params LogEntry[] entries) =>
        new(leader, S1, new Term(term), previous, entries, new LogIndex(commit), 0, ElectionTimeoutTicks * 10);

    /// <summary>A piece of a snapshot, each of its bytes the number of its place.</summary>
    public static InstallSnapshot Installs(ServerId leader, ulong term, LogPosition snapshot, long offset, int bytes, bool isLast = false, ulong number = 0, ulong round = 0) =>
        new(leader, S1, new Term(term), snapshot, offset, Enumerable.Range(0, bytes).Select(at => (byte)(offset + at)).ToArray(), isLast, round, number);

    public Server Receive(Message message)
    {
        Core.Receive(message);
        Drain();
        return this;
    }

    /// <summary>Links to all other voters have come up.</summary>
    public Server Linked()
    {
        foreach (ServerId voter in Core.Membership!.Voters.Where(voter => voter != S1))
        {
            Core.OnLinkUp(voter);
        }

        Drain();
        return this;
    }

    /// <summary>The disk has written the next piece.</summary>
    public Server DiskSaves()
    {
        Core.OnSnapshotPieceSaved(Pieces.Dequeue());
        Drain();
        return this;
    }

    /// <summary>The disk has refused the next piece.</summary>
    public Server DiskRefuses()
    {
        Core.OnSnapshotPieceFailed(Pieces.Dequeue());
        Drain();
        return this;
    }

    /// <summary>The disk has put the snapshot whose last piece is next in the place of log and state. Its configuration is of so many servers.</summary>
    public Server DiskInstalls(int servers = 3)
    {
        SnapshotPiece last = Pieces.Dequeue();
        last.IsLast.ShouldBeTrue();
        Core.OnSnapshotInstalled(last.Snapshot, new LogTime(77), [BirthOf(servers)]);
        Drain();
        return this;
    }

    /// <summary>The owner hands out the next piece that was asked for, of a snapshot of so many bytes.</summary>
    public Server OwnerLoads(int snapshotBytes)
    {
        SnapshotLoad load = SnapshotLoads.Dequeue();
        byte[] rest = [.. Enumerable.Range((int)load.Offset, snapshotBytes - (int)load.Offset).Select(at => (byte)at)];
        Core.OnSnapshotLoaded(load, rest.Take(load.MaxBytes).ToArray(), rest.Length <= load.MaxBytes);
        Drain();
        return this;
    }

    /// <summary>The owner saves a snapshot up to an index and releases the log up to another.</summary>
    public Server Compacts(ulong snapshot, ulong upTo)
    {
        Core.OnSnapshotSaved(new LogPosition(new LogIndex(snapshot), Core.Log.TermAt(new LogIndex(snapshot))!.Value));
        Core.CompactLog(new LogIndex(upTo));
        Drain();
        return this;
    }

    public Server Answers(ServerId follower, LogPosition snapshot, long nextOffset, ulong number, bool isInstalled = false, bool isBusy = false, ulong round = 0) =>
        Receive(new InstallSnapshotResponse(follower, S1, Core.CurrentTerm, snapshot, nextOffset, isInstalled, round, true, number, isBusy));

    public PeerProgress Peer(ServerId server) => Core.Peers.Single(peer => peer.Server == server);

    public Server Ticks(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Core.Tick();
            Drain();
        }

        return this;
    }

    /// <summary>Makes it the leader of the next term, elected by S2 (and S3 of five).</summary>
    public Server Elected()
    {
        Ticks(2 * ElectionTimeoutTicks);
        var voters = Core.Membership!.Voters.Where(voter => voter != S1).Take(Core.Membership!.Majority - 1).ToArray();
        Term term = Core.CurrentTerm.Next;
        foreach (ServerId voter in voters)
        {
            Receive(new RequestVoteResponse(voter, S1, term, true, true));
        }

        foreach (ServerId voter in voters)
        {
            Receive(new RequestVoteResponse(voter, S1, term, false, true));
        }

        Core.Role.ShouldBe(Role.Leader);
        return this;
    }

    public Server Acknowledges(ServerId follower, ulong match, ulong readRound = 0) =>
        Receive(new AppendEntriesResponse(follower, S1, Core.CurrentTerm, true, new LogIndex(match), LogPosition.Zero, readRound, true));

    public ProposeResult Propose()
    {
        ProposeResult result = Core.Propose(default, new byte[] { 1 });
        Drain();
        return result;
    }

    /// <summary>What it sent since the last question.</summary>
    public Message[] Sent()
    {
        Drain();
        Message[] sent = [.. _sent];
        _sent.Clear();
        return sent;
    }

    public T[] Sent<T>()
        where T : Message => [.. Sent().OfType<T>()];

    public string Log() => string.Join(" ", Enumerable.Range(1, (int)Core.Log.Last.Index.Value).Select(i => Core.Log.TermAt(new LogIndex((ulong)i))?.ToString() ?? "-"));

    public Server CompleteDisk()
    {
        DiskIsHeld = false;
        Drain();
        return this;
    }

    private void Drain()
    {
        bool again = true;
        while (again)
        {
            _output.Clear();
            Core.Drain(_output);
            _sent.AddRange(_output.SendNow);
            _output.SnapshotPieces.ForEach(Pieces.Enqueue);
            _output.SnapshotLoads.ForEach(SnapshotLoads.Enqueue);
            _output.Loads.ForEach(Loads.Enqueue);
            ReadsReady.AddRange(_output.ReadsReady);
            LastHardState = _output.HardState ?? LastHardState;
            if (_output.HasPersist)
            {
                _waitingForLast = [.. _output.SendAfterPersist];
                _disk.Enqueue((Core.CurrentTerm, Core.Log.Last, _waitingForLast));
            }
            else
            {
                // Nothing new to write: what waits, waits for the last batch that is under way.
                (_disk.Count > 0 ? _waitingForLast : _sent).AddRange(_output.SendAfterPersist);
            }

            again = false;
            while (!DiskIsHeld && _disk.TryDequeue(out var batch))
            {
                _sent.AddRange(batch.Waiting);
                Core.OnPersisted(batch.Term, batch.Last);
                again = true;
            }
        }
    }

    private static LogEntry BirthOf(int servers)
    {
        Member[] members = [.. Enumerable.Range(1, servers).Select(i => new Member(new NodeId((uint)i), (ulong)i, $"s{i}:1", $"s{i}:2"))];
        return new LogEntry(
            Birth.Position.Index, Birth.Position.Term, EntryKind.Birth, default,
            new Birth(new ClusterId(1), members[0].Server, new Membership(members), ReadOnlyMemory<byte>.Empty).Encode());
    }
}
