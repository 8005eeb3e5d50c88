using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Queues.Snapshots;

namespace RaftMQ.Simulation.Invariants;

/// <summary>
/// The queue machine fed with the committed log and nothing else: what every replica's state must equal at the same applied index (I11). It goes no further than
/// somebody asks.
/// </summary>
internal sealed class ReferenceMachine(Findings findings, CommittedLog committed)
{
    private const ulong FullHashEvery = 64;

    private readonly QueueMachine _machine = new();
    private readonly List<ulong> _hashes = [];
    private readonly List<CommittedCommand> _commands = [];

    /// <summary>The commands that were applied, in order, the birth's settings first.</summary>
    public IReadOnlyList<CommittedCommand> Commands => _commands;

    /// <summary>The state at the end of what was asked for.</summary>
    public QueueMachine Machine => _machine;

    private ulong Applied => (ulong)_hashes.Count;

    /// <summary>Applies everything that is committed.</summary>
    public void CatchUp() => ApplyUpTo(committed.Last);

    /// <summary>A replica has applied up to an index.</summary>
    public void Compare(QueueMachine machine, ulong applied, ServerId server)
    {
        findings.Checks++;
        if (applied > committed.Last)
        {
            findings.Report("I7", $"server {server} has applied index {applied}, and only {committed.Last} is committed");
            return;
        }

        ApplyUpTo(applied);
        if (applied > 0 && machine.StateHash != _hashes[(int)applied - 1])
        {
            findings.Report("I11", $"the state of server {server} at index {applied} is not that of the committed log");
        }

        bool looksClosely = applied % FullHashEvery == 0;
        if (looksClosely && machine.ComputeStateHash() != machine.StateHash)
        {
            findings.Report("I11", $"the hash that server {server} keeps at index {applied} is not that of its state");
        }

        if (looksClosely)
        {
            RequireTrueSnapshot(machine, applied, server);
        }
    }

    /// <summary>What is written of a state brings the same state back, in chunks of whatever size.</summary>
    private void RequireTrueSnapshot(QueueMachine machine, ulong applied, ServerId server)
    {
        findings.Checks++;
        QueueSnapshot snapshot = machine.Capture();
        int chunkBytes = 1 + (int)(snapshot.StateHash % 4_000);
        try
        {
            QueueMachine restored = QueueSnapshot.Decode(snapshot.Encode(chunkBytes), snapshot.StateHash);
            if (restored.ComputeStateHash() != machine.StateHash)
            {
                findings.Report("I11", $"the state that a snapshot of server {server} at index {applied} brings back has another hash than it keeps");
            }
        }
        catch (FormatException e)
        {
            findings.Report("I11", $"a snapshot of server {server} at index {applied} does not bring its state back: {e.Message}");
        }
    }

    /// <summary>Takes everything out, topic by topic: what was left at the end.</summary>
    public List<(string Topic, string Body)> Empty()
    {
        CatchUp();
        var left = new List<(string, string)>();
        ulong index = committed.Last;
        long time = _commands.Count == 0 ? 0 : _commands[^1].TimeMilliseconds;
        foreach (string topic in _machine.Topics)
        {
            while (_machine.Count(topic) > 0)
            {
                QueueReply reply = _machine.Apply(new CommittedCommand(++index, time, QueueCommandCodec.Pop(topic)));
                left.Add((topic, System.Text.Encoding.UTF8.GetString(reply.Body.In(committed[reply.Body.Index].Payload).Span)));
            }
        }

        return left;
    }

    /// <summary>How many messages each topic says that it dropped because it was full.</summary>
    public Dictionary<string, long> Dropped() => _machine.Topics.ToDictionary(topic => topic, topic => _machine.Look(topic)!.Value.Dropped);

    private void ApplyUpTo(ulong index)
    {
        while (Applied < index)
        {
            LogEntry entry = committed[Applied + 1];
            if (entry.Kind is EntryKind.Birth or EntryKind.Command)
            {
                ReadOnlyMemory<byte> payload = entry.Kind == EntryKind.Birth ? Birth.Decode(entry.Payload).Settings : entry.Payload;
                var command = new CommittedCommand(entry.Index.Value, entry.Time.Milliseconds, payload);
                _commands.Add(command);
                _machine.Apply(command);
            }

            _hashes.Add(_machine.StateHash);
        }
    }
}
