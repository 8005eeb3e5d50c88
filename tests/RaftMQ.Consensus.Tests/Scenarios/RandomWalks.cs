using System.Text;

namespace RaftMQ.Consensus.Tests.Scenarios;

/// <summary>
/// Scenarios that nobody wrote: from a seed, whatever the commands can do happens to servers that save snapshots and release their logs all the time, and in half of them come and go.
/// What is committed must agree and be on a majority of the disks, and in the end everybody must get there.
/// </summary>
public sealed class RandomWalks
{
    private const int Steps = 3_000;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 120)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_is_committed_agrees_and_everybody_gets_there(int seed)
    {
        var walk = new Walk(seed);
        for (int i = 0; i < Steps; i++)
        {
            walk.Step();
        }

        walk.Recover();
    }

    [Fact]
    public void On_the_way_snapshots_are_installed_in_every_way()
    {
        string all = string.Join('\n', Enumerable.Range(1, 20).SelectMany(seed =>
        {
            var walk = new Walk(seed);
            for (int i = 0; i < Steps; i++)
            {
                walk.Step();
            }

            return walk.Trace;
        }));

        all.ShouldContain("disk refuses");
        all.ShouldContain(" busy");
        all.ShouldContain(", installed");
    }

    [Fact]
    public void On_the_way_members_come_and_go_in_every_way()
    {
        string all = string.Join('\n', Enumerable.Range(61, 20).SelectMany(seed =>
        {
            var walk = new Walk(seed);
            for (int i = 0; i < Steps; i++)
            {
                walk.Step();
            }

            return walk.Trace;
        }));

        foreach (string way in new[] { "a learner comes", "a learner goes", "1 in, 0 out", "0 in, 1 out", "1 in, 1 out", "2 in", "2 out", "the leader out", "begun by another" })
        {
            all.ShouldContain(way);
        }
    }

    private sealed class Walk
    {
        private const uint Nodes = 7;

        private readonly Random _random;
        private readonly ScenarioCluster _cluster;
        private readonly Dictionary<ulong, Term> _committed = [];
        private readonly Dictionary<uint, LogIndex> _known = [];
        private readonly int _servers;
        private readonly bool _changes;
        private readonly HashSet<Term> _termsWithChange = [];
        private ulong _starts = 100;

        public Walk(int seed)
        {
            _random = new Random(seed);
            _servers = _random.Next(2) == 0 ? 3 : 5;
            _cluster = new ScenarioCluster(_servers, new Dictionary<uint, ulong[]>(), _random.Next(2) == 0 ? 2 : 1_024);
            _changes = seed > 60;
            for (uint number = (uint)_servers + 1; _changes && number <= Nodes; number++)
            {
                _cluster.Wipe(number, number);
            }
        }

        public List<string> Trace { get; } = [];

        public void Step()
        {
            if (_changes && _random.Next(30) == 0 && Leader() is { } leader)
            {
                ChangeMembers(leader.Core!);
                leader.Drain();
            }

            ScenarioServer server = Any();
            switch (_random.Next(100))
            {
                case < 55 when _cluster.OnTheWay > 0:
                    _cluster.TakeOff(_random.Next(3) == 0 ? _random.Next(_cluster.OnTheWay) : 0, isLost: _random.Next(20) == 0, staysToo: _random.Next(20) == 0);
                    break;
                case < 72:
                    foreach (ScenarioServer other in _cluster.Servers.Values.Where(_ => _random.Next(10) > 0))
                    {
                        _cluster.Tick(other.Number, 1);
                    }

                    break;
                case < 80:
                    server.Core?.Propose(default, Encoding.ASCII.GetBytes("x"));
                    server.Drain();
                    break;
                case < 87:
                    SaveAndCompact(server);
                    break;
                case < 90:
                    server.DiskIsHeld = server.Core is not null && _random.Next(3) == 0;
                    server.CompleteDisk();
                    break;
                case < 91:
                    server.Disk.RefusesNextPiece = _random.Next(4) == 0;
                    break;
                case < 92:
                    CrashOrStart(server);
                    break;
                case < 93:
                    _cluster.Isolate(server.Number);
                    break;
                case < 98:
                    _cluster.Heal();
                    break;
                case < 99 when server.Core is not null:
                    server.Core.OnLinkDown(Any().Id);
                    server.Drain();
                    break;
                default:
                    server.Core?.TransferLeadership(null);
                    server.Drain();
                    break;
            }

            Check();
        }

        /// <summary>Faults end: somebody leads, and all have what is proposed then.</summary>
        public void Recover()
        {
            _cluster.Heal();
            foreach (ScenarioServer server in _cluster.Servers.Values)
            {
                server.Disk.RefusesNextPiece = false;
                if (server.Core is null)
                {
                    CrashOrStart(server);
                }

                server.DiskIsHeld = false;
                server.CompleteDisk();
            }

            LogIndex? last = null;
            ScenarioServer[] Members() => [.. Leader() is { } leader ? leader.Core!.Membership!.Members.Select(member => _cluster.Servers[member.Node.Value]) : []];
            bool IsDone() => last is not null && Leader() is { Core: { IsMembershipCommitted: true, Membership.IsJoint: false } } leader
                && Members().All(server => server.Core!.CommitIndex >= last && server.Core.Log.Last == leader.Core!.Log.Last);
            for (int i = 0; i < 400 && !IsDone(); i++)
            {
                foreach (ScenarioServer server in _cluster.Servers.Values)
                {
                    _cluster.Tick(server.Number, 1);
                    if (last is null && i > 100 && server.Core!.Propose(default, Encoding.ASCII.GetBytes("last")) is { Outcome: ProposeOutcome.Proposed } proposed)
                    {
                        last = proposed.Position.Index;
                        server.Drain();
                    }
                }

                for (int round = 0; round < 3; round++)
                {
                    _cluster.Deliver(_ => true);
                    Check();
                }
            }

            IsDone().ShouldBeTrue(string.Join('\n', Trace.TakeLast(60).Concat(_cluster.Servers.Values.Select(server => server.Describe()))));
        }

        private ScenarioServer? Leader() =>
            _cluster.Servers.Values.Where(server => server.Core?.Role == Role.Leader).MaxBy(server => server.Core!.CurrentTerm.Value);

        private ScenarioServer Any() => _cluster.Servers[(uint)_random.Next(1, _cluster.Servers.Count + 1)];

        private void ChangeMembers(RaftCore leader)
        {
            Membership now = leader.Membership!;
            NodeId[] voters = [.. now.Members.Where(member => member.Suffrage == Suffrage.Voter).Select(member => member.Node)];
            NodeId[] learners = [.. now.Members.Where(member => member.Suffrage == Suffrage.Learner).Select(member => member.Node)];
            uint[] others = [.. _cluster.Servers.Keys.Where(number => now.Find(new NodeId(number)) is null)];
            bool isFree = leader.IsMembershipCommitted && !now.IsJoint;
            switch (_random.Next(4))
            {
                case 0 when others.Length > 0:
                    Propose(leader, now.WithLearner(_cluster.LearnerOf(others[_random.Next(others.Length)])), "a learner comes");
                    break;
                case 1 when learners.Length > 0 && _random.Next(3) == 0:
                    Propose(leader, now.WithoutLearner(learners[_random.Next(learners.Length)]), "a learner goes");
                    break;
                case > 1 when isFree:
                    NodeId[] incoming = [.. learners.Where(_ => _random.Next(3) > 0)];
                    NodeId[] outgoing = [.. voters.Where(_ => _random.Next(4) == 0).Take(voters.Length + incoming.Length - 1)];
                    if (incoming.Length + outgoing.Length > 0)
                    {
                        bool leaderLeaves = outgoing.Contains(leader.Leader!.Value.Node);
                        Propose(leader, now.Joint(incoming, outgoing), $"{incoming.Length} in, {outgoing.Length} out{(leaderLeaves ? ", the leader out" : string.Empty)}");
                    }

                    break;
            }
        }

        private void Propose(RaftCore leader, Membership target, string what)
        {
            if (leader.ProposeMembership(default, target).Outcome == ProposeOutcome.Proposed)
            {
                Trace.Add(what);
                _termsWithChange.Add(leader.CurrentTerm);
            }
        }

        private void SaveAndCompact(ScenarioServer server)
        {
            if (server.Core is { } core && core.CommitIndex > core.Log.Base.Index && core.CommitIndex <= core.DurableIndex)
            {
                server.SaveSnapshot();
                if (_random.Next(3) > 0)
                {
                    server.Compact();
                }
            }
        }

        private void CrashOrStart(ScenarioServer server)
        {
            if (server.Core is not null)
            {
                server.Crash();
                _known.Remove(server.Number);
                return;
            }

            server.Start(++_starts);
            foreach (ScenarioServer other in _cluster.Servers.Values.Where(other => other != server && other.Core is not null))
            {
                server.Core!.OnLinkUp(other.Id);
                other.Core!.OnLinkUp(server.Id);
            }
        }

        private void Check()
        {
            if (_cluster.Servers.Values.Any(server => server.Core is { Role: Role.Leader, Membership.IsJoint: true } core && !_termsWithChange.Contains(core.CurrentTerm)))
            {
                Trace.Add("begun by another");
            }

            Trace.AddRange(_cluster.TakeTrace());
            foreach (ScenarioServer server in _cluster.Servers.Values)
            {
                if (server.Core is not { } core)
                {
                    continue;
                }

                LogIndex known = LogIndex.Max(_known.GetValueOrDefault(server.Number), core.Log.Base.Index);
                RequireSame(core.Log.Base);
                for (LogIndex index = known.Next; index <= core.CommitIndex; index = index.Next)
                {
                    RequireSame(new LogPosition(index, core.Log.TermAt(index)!.Value));
                }

                _known[server.Number] = core.CommitIndex;
            }
        }

        private void RequireSame(LogPosition position)
        {
            if (position == LogPosition.Zero || (_committed.TryGetValue(position.Index.Value, out Term term) && term == position.Term))
            {
                return;
            }

            _committed.TryAdd(position.Index.Value, position.Term).ShouldBeTrue($"entry {position.Index} is committed in terms {position.Term} and {term}");
            RequireOnDisks(position);
        }

        /// <summary>On the disks of a majority, by the configuration that is in force wherever it was committed: that at the position, or a later one on the way to it.</summary>
        private void RequireOnDisks(LogPosition position)
        {
            Membership[] inForce = [.. _cluster.Servers.Values.Where(server => server.Core is not null && server.Disk.Has(position)).Select(server => server.Core!.Membership!)];
            inForce.Any(membership => Quorum.IsMajority(membership, voter => _cluster.Servers[voter.Node.Value].Disk.Has(position)))
                .ShouldBeTrue($"{position} is committed and on no majority of the disks");
        }
    }
}
