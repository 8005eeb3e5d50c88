using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus.Tests.Scenarios;

/// <summary>The servers of a scenario, the messages between them, and the trace of what happened.</summary>
internal sealed class ScenarioCluster
{
    private readonly List<(Message Message, int Order)> _onTheWay = [];
    private readonly HashSet<(uint, uint)> _cut = [];
    private readonly List<string> _trace = [];
    private readonly List<(Message Message, int Order)> _delayed = [];
    private readonly Dictionary<LogPosition, LogEntry[]> _configurations = [];
    private readonly LogEntry _birth;
    private int _lastOrder;

    /// <param name="size">How many servers.</param>
    /// <param name="logs">The terms of their entries, the birth's included; those not named have the birth only.</param>
    /// <param name="maxAppendEntries">The most entries in a message.</param>
    public ScenarioCluster(int size, IReadOnlyDictionary<uint, ulong[]> logs, int maxAppendEntries)
    {
        MaxAppendEntries = maxAppendEntries;
        FirstSize = size;
        Member[] members = [.. Enumerable.Range(1, size).Select(i => new Member(new NodeId((uint)i), (ulong)i, $"s{i}:1", $"s{i}:2"))];
        var birth = new Birth(new ClusterId(1), members[0].Server, new Membership(members), ReadOnlyMemory<byte>.Empty);
        _birth = new LogEntry(Birth.Position.Index, Birth.Position.Term, EntryKind.Birth, default, birth.Encode());
        for (uint i = 1; i <= size; i++)
        {
            var server = new ScenarioServer(this, i, i);
            ulong[] terms = logs.GetValueOrDefault(i, [1]);
            server.Disk.Preload(
                new HardState(new Term(terms[^1]), null),
                terms.Select((term, at) => at == 0 ? _birth : new LogEntry(new LogIndex((ulong)at + 1), new Term(term), EntryKind.Command, default, new byte[] { (byte)term })));
            server.Start(i);
            Servers.Add(i, server);
        }

        LinkAll();
    }

    public SortedDictionary<uint, ScenarioServer> Servers { get; } = [];

    public int MaxAppendEntries { get; }

    /// <summary>How many servers the birth names.</summary>
    public int FirstSize { get; }

    public string[] TakeTrace()
    {
        string[] trace = [.. _trace];
        _trace.Clear();
        return trace;
    }

    public void Tell(string line) => _trace.Add(line);

    public void Send(Message message)
    {
        bool isLost = IsCut(message.From.Node.Value, message.To.Node.Value);
        Tell($"S{message.From.Node} -> S{message.To.Node} {Describe(message)}{(isLost ? " (lost)" : string.Empty)}");
        if (!isLost)
        {
            _onTheWay.Add((message, ++_lastOrder));
        }
    }

    public void Tick(uint server, int ticks)
    {
        for (int i = 0; i < ticks; i++)
        {
            Servers[server].Core?.Tick();
            Servers[server].Drain();
        }
    }

    /// <summary>Ticks a server until it campaigns; the others believe their leader dead, as they would by then.</summary>
    public void TimeOut(uint server)
    {
        foreach (ScenarioServer other in Servers.Values.Where(other => other.Number != server && other.Core is { Role: Role.Follower, Leader: not null }))
        {
            other.Core!.OnLinkDown(other.Core.Leader!.Value);
        }

        for (int i = 0; i < 40 && Servers[server].Core!.Role == Role.Follower; i++)
        {
            Servers[server].Core!.Tick();
        }

        Servers[server].Drain();
    }

    /// <summary>Times a server out and delivers votes until it leads or nothing moves; what it then replicates stays on the way.</summary>
    public void Elect(uint server)
    {
        TimeOut(server);
        while (Servers[server].Core!.Role != Role.Leader && Deliver(message => message is RequestVote or RequestVoteResponse))
        {
        }
    }

    public bool Deliver(Func<Message, bool> which)
    {
        (Message Message, int Order)[] chosen = [.. _onTheWay.Where(sent => which(sent.Message))];
        foreach ((Message Message, int Order) sent in chosen)
        {
            _onTheWay.Remove(sent);
            Deliver(sent.Message);
        }

        return chosen.Length > 0;
    }

    /// <summary>How many messages are on the way.</summary>
    public int OnTheWay => _onTheWay.Count;

    /// <summary>Delivers the message at a place among those on the way, or loses it; a copy may stay on the way.</summary>
    public void TakeOff(int at, bool isLost, bool staysToo)
    {
        Message message = _onTheWay[at].Message;
        if (!staysToo)
        {
            _onTheWay.RemoveAt(at);
        }

        if (!isLost)
        {
            Deliver(message);
        }
    }

    public void Drop(Func<Message, bool> which) => _onTheWay.RemoveAll(sent => which(sent.Message));

    /// <summary>Messages that are on the way wait aside until <see cref="Undelay"/> lets them come behind all others.</summary>
    public void Delay(Func<Message, bool> which)
    {
        _delayed.AddRange(_onTheWay.Where(sent => which(sent.Message)));
        Drop(which);
    }

    public void Undelay(Func<Message, bool> which)
    {
        _onTheWay.AddRange(_delayed.Where(sent => which(sent.Message)));
        _delayed.RemoveAll(sent => which(sent.Message));
    }

    /// <summary>What a snapshot holds of configurations, which its ten bytes only stand for.</summary>
    public void RememberConfigurations(LogPosition snapshot, LogEntry[] configurations) => _configurations[snapshot] = configurations;

    public LogEntry[] ConfigurationsOf(LogPosition snapshot) => _configurations[snapshot];

    /// <summary>Delivers until nothing is on the way.</summary>
    public void Settle()
    {
        for (int i = 0; i < 100 && Deliver(_ => true); i++)
        {
        }
    }

    public void Duplicate(Func<Message, bool> which)
    {
        foreach ((Message message, int _) in _onTheWay.Where(sent => which(sent.Message)).ToArray())
        {
            _onTheWay.Add((message, ++_lastOrder));
        }
    }

    public void Isolate(uint server)
    {
        foreach (uint other in Servers.Keys.Where(other => other != server))
        {
            _cut.Add((server, other));
            _cut.Add((other, server));
        }
    }

    public void Cut(uint from, uint to) => _cut.Add((from, to));

    public void Heal() => _cut.Clear();

    /// <summary>A server whose disk was lost comes back as another incarnation, with nothing but the birth it was handed.</summary>
    public void Wipe(uint number, ulong incarnation)
    {
        var fresh = new ScenarioServer(this, number, incarnation);
        fresh.Start(incarnation);
        Servers[number] = fresh;
        fresh.Core!.AdoptBirth(_birth);
        LinkAll();
        fresh.Drain();
    }

    /// <summary>A server as a member that does not count yet.</summary>
    public Member LearnerOf(uint number) => new(new NodeId(number), Servers[number].Id.Incarnation, $"s{number}:1", $"s{number}:2", Suffrage.Learner);

    public void LinkAll()
    {
        foreach (ScenarioServer server in Servers.Values.Where(server => server.Core is not null))
        {
            foreach (ScenarioServer other in Servers.Values.Where(other => other != server && other.Core is not null))
            {
                server.Core!.OnLinkUp(other.Id);
            }
        }
    }

    private void Deliver(Message message)
    {
        MessageRules.Broken(message).ShouldBeNull();
        ScenarioServer receiver = Servers[message.To.Node.Value];
        if (receiver.Core is not null && receiver.Id == message.To)
        {
            receiver.Core.Receive(message);
            receiver.Drain();
        }
    }

    private bool IsCut(uint from, uint to) => _cut.Contains((from, to)) || Servers[to].Core is null;

    private static string Describe(Message message) => message switch
    {
        RequestVote vote => $"{(vote.PreVote ? "pre-vote" : "RequestVote")} term {vote.Term} last {vote.LastLog}{(vote.LeadershipTransfer ? " by transfer" : string.Empty)}",
        RequestVoteResponse vote => $"{(vote.PreVote ? "pre-vote" : "vote")} {(vote.Granted ? "granted" : "refused")} term {vote.Term}",
        AppendEntries append => $"AppendEntries term {append.Term} after {append.Previous} "
            + $"{(append.Entries.Length == 0 ? "none" : string.Join(" ", append.Entries.ToArray().Select(entry => entry.Position)))} commit {append.LeaderCommit}",
        AppendEntriesResponse { Success: true } response => $"matchIndex {response.MatchIndex} term {response.Term}",
        AppendEntriesResponse response => $"rejected term {response.Term} conflict {response.Conflict}",
        InstallSnapshot install => $"InstallSnapshot term {install.Term} {install.Snapshot} at {install.Offset}"
            + (install.IsPiece ? $"+{install.Data.Length}{(install.IsLast ? " last" : string.Empty)}" : " asks"),
        InstallSnapshotResponse response => $"snapshot {response.Snapshot} {(response.IsInstalled ? "installed" : $"next {response.NextOffset}")} term {response.Term}"
            + (response.IsBusy ? " busy" : string.Empty),
        ReadIndexRequest read => $"ReadIndex {read.Read.Value}",
        ReadIndexResponse read => $"ReadIndex {read.Read.Value} is {read.Index}",
        TimeoutNow => "TimeoutNow",
        Reminder reminder => $"remembers term {reminder.Term} matchIndex {reminder.MatchIndex}{(reminder.LeftAt == LogPosition.Zero ? "" : $", no member by entry {reminder.LeftAt.Index}")}",
        _ => message.GetType().Name,
    };
}
