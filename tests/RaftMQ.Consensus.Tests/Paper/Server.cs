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

    public static readonly ServerId S1 = Id(1);
    public static readonly ServerId S2 = Id(2);
    public static readonly ServerId S3 = Id(3);
    public static readonly ServerId S4 = Id(4);
    public static readonly ServerId S5 = Id(5);

    private readonly RaftOutput _output = new();
    private readonly List<Message> _sent = [];
    private readonly Queue<(Term Term, LogPosition Last, List<Message> Waiting)> _disk = new();
    private List<Message> _waitingForLast = [];

    private Server(int servers, ulong[] terms, HardState state)
    {
        LogEntry[] log = [.. terms.Select((term, i) => i == 0 ? BirthOf(servers) : Entry((ulong)i + 1, term))];
        Core = new RaftCore(
            new RaftOptions { Self = S1, Seed = 1, ElectionTimeoutTicks = ElectionTimeoutTicks, HeartbeatTicks = HeartbeatTicks },
            new RecoveredLog
            {
                HardState = state,
                LastIndex = new LogIndex((ulong)terms.Length),
                Terms = [.. terms.Select((term, i) => new TermRun(new LogIndex((ulong)i + 1), new Term(term))).DistinctBy(run => run.Term)],
                Tail = log,
                Configurations = [log[0]],
            });
    }

    public RaftCore Core { get; }

    public bool DiskIsHeld { get; set; }

    public HardState? LastHardState { get; private set; }

    /// <summary>A server of a cluster of three that has just started.</summary>
    public static Server WithLog(params ulong[] terms) => new(3, terms, new HardState(new Term(terms[^1]), null));

    public static Server Of(int servers, params ulong[] terms) => new(servers, terms, new HardState(new Term(terms[^1]), null));

    public static Server ThatVoted(ulong term, ServerId? vote, params ulong[] terms) => new(3, terms, new HardState(new Term(term), vote));

    public static ServerId Id(uint number) => new(new NodeId(number), number);

    public static LogPosition At(ulong index, ulong term) => new(new LogIndex(index), new Term(term));

    public static LogEntry Entry(ulong index, ulong term) => new(new LogIndex(index), new Term(term), EntryKind.Command, default, new byte[] { (byte)term });

    public static RequestVote AsksForVote(ServerId candidate, ulong term, LogPosition lastLog, bool preVote = false, bool transfer = false) =>
        new(candidate, S1, new Term(term), preVote, lastLog, transfer);

    public static AppendEntries Replicates(ServerId leader, ulong term, LogPosition previous, ulong commit, params LogEntry[] entries) =>
        new(leader, S1, new Term(term), previous, entries, new LogIndex(commit), 0);

    public Server Receive(Message message)
    {
        Core.Receive(message);
        Drain();
        return this;
    }

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

    public string Log() => string.Join(" ", Enumerable.Range(1, (int)Core.Log.Last.Index.Value).Select(i => Core.Log.TermAt(new LogIndex((ulong)i))));

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
