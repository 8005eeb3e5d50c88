using System.Text;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica.Tests;

/// <summary>
/// Replicas under crashes, cuts, lost messages, held disks and torn writes, with clients that retry: afterwards every message is accounted for, and
/// replicas that have applied the same have the same state.
/// </summary>
public sealed class Storms
{
    private const int Ticks = 1_500;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nothing_acknowledged_is_lost_and_nothing_is_handed_out_twice(int seed)
    {
        var world = new World(seed, nodes: seed % 3 == 0 ? 5 : 3);
        world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        var storm = new Storm(world);

        for (int tick = 0; tick < Ticks; tick++)
        {
            storm.Blow();
            world.Pass();
            storm.CollectAnswers();
            storm.CheckStates();
        }

        storm.Calm();
        storm.Account();
    }

    private sealed class Storm(World world)
    {
        private readonly List<(TestCommand Request, string? Published)> _open = [];
        private readonly HashSet<string> _acknowledged = [];
        private readonly Dictionary<string, RequestOutcome> _refused = [];
        private readonly HashSet<string> _unknown = [];
        private readonly List<string> _popped = [];
        private readonly Dictionary<ulong, ulong> _stateHashes = [];
        private int _unknownPops;
        private int _sent;

        public void Blow()
        {
            Random random = world.Random;
            world.Loss = random.Next(400) == 0 ? random.NextDouble() * 0.3 : random.Next(200) == 0 ? 0 : world.Loss;
            int nodes = world.Nodes.Count();
            int down = nodes - world.Running.Count();
            if (random.Next(150) == 0 && down < (nodes - 1) / 2)
            {
                Any(world.Running).Kill();
            }

            if (random.Next(60) == 0 && down > 0)
            {
                Any(world.Nodes.Where(node => !node.IsRunning)).Start();
            }

            if (random.Next(300) == 0)
            {
                world.Isolate(Any(world.Nodes).Id);
            }

            if (random.Next(120) == 0)
            {
                world.Heal();
            }

            if (random.Next(50) == 0)
            {
                Any(world.Nodes).DiskIsHeld = random.Next(3) == 0;
            }

            if (random.Next(3) == 0)
            {
                Ask(random);
            }
        }

        public void CollectAnswers()
        {
            _open.RemoveAll(Collected);
            foreach (WorldNode node in world.Nodes.Where(node => !node.IsRunning))
            {
                // The clients of a killed node never hear: whatever they asked is unknown.
                _open.RemoveAll(open => open.Request.AskedOf == node.Id && Abandon(open));
            }
        }

        public void CheckStates()
        {
            foreach (WorldNode node in world.Running)
            {
                ulong applied = node.Replica.AppliedIndex.Value;
                ulong hash = node.Replica.Machine.StateHash;
                if (!_stateHashes.TryAdd(applied, hash))
                {
                    _stateHashes[applied].ShouldBe(hash, $"the state at index {applied} on node {node.Id}");
                }
            }
        }

        public void Calm()
        {
            world.Heal();
            world.Loss = 0;
            foreach (WorldNode node in world.Nodes)
            {
                node.DiskIsHeld = false;
            }

            world.StartAll();
            world.Settle();
            world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
            world.Until(() => _open.TrueForAll(open => open.Request.IsDone));
            CollectAnswers();
            while (true)
            {
                RequestResult popped = world.Do(1, QueueCommandCodec.Pop("orders"));
                popped.Outcome.ShouldBe(RequestOutcome.Replied);
                if (popped.Reply.Outcome == QueueOutcome.Empty)
                {
                    break;
                }

                _popped.Add(Encoding.UTF8.GetString(popped.Body.Span));
            }
        }

        public void Account()
        {
            _popped.Count.ShouldBe(_popped.Distinct().Count(), "a message was handed out twice");
            foreach (string body in _popped.Where(body => !_acknowledged.Contains(body) && !_unknown.Contains(body)))
            {
                _refused.ShouldNotContainKey(body, _refused.TryGetValue(body, out RequestOutcome outcome) ? outcome.ToString() : "never sent");
            }

            int lost = _acknowledged.Except(_popped).Count();
            lost.ShouldBeLessThanOrEqualTo(_unknownPops, "acknowledged messages are popped, or taken by a pop whose outcome is unknown");
            _acknowledged.Count.ShouldBeGreaterThan(20);
            (_acknowledged.Count + _refused.Count + _unknown.Count).ShouldBe(_sent);
        }

        private void Ask(Random random)
        {
            if (!world.Running.Any())
            {
                return;
            }

            uint node = Any(world.Running).Id;
            bool pops = random.Next(3) == 0;
            string? key = random.Next(2) == 0 ? "key-" + random.Next() : null;
            string body = "message-" + _sent;
            TestCommand request = world.Submit(node, pops ? QueueCommandCodec.Pop("orders", key) : QueueCommandCodec.Publish("orders", Encoding.UTF8.GetBytes(body), key));
            request.AskedOf = node;
            _sent += pops ? 0 : 1;
            _open.Add((request, pops ? null : body));
        }

        private bool Collected((TestCommand Request, string? Published) open)
        {
            if (!open.Request.IsDone)
            {
                return false;
            }

            RequestResult result = open.Request.Result;
            bool done = result.Outcome == RequestOutcome.Replied && result.Reply.Outcome == QueueOutcome.Done;
            if (open.Published is null)
            {
                if (done)
                {
                    _popped.Add(Encoding.UTF8.GetString(result.Body.Span));
                }
                else if (result.Outcome == RequestOutcome.OutcomeUnknown)
                {
                    _unknownPops++;
                }
            }
            else
            {
                if (done || result.Outcome == RequestOutcome.OutcomeUnknown)
                {
                    (done ? _acknowledged : _unknown).Add(open.Published);
                }
                else
                {
                    _refused.Add(open.Published, result.Outcome);
                }
            }

            return true;
        }

        private bool Abandon((TestCommand Request, string? Published) open)
        {
            if (open.Published is null)
            {
                _unknownPops++;
            }
            else
            {
                _unknown.Add(open.Published);
            }

            return true;
        }

        private WorldNode Any(IEnumerable<WorldNode> nodes)
        {
            WorldNode[] all = [.. nodes];
            return all[world.Random.Next(all.Length)];
        }
    }
}
