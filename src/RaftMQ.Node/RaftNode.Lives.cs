using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Replica.Disk;
using RaftMQ.Storage;

namespace RaftMQ.Node;

/// <summary>
/// The lives of a node in one process: a birth that is given up empties the folder, damage sets it aside, and a new life begins. What clients wait for is kept for it.
/// </summary>
public sealed partial class RaftNode
{
    /// <summary>How often a folder is set aside without the node having become a member in between: a disk that damages whatever it is given is a person's affair.</summary>
    private const int MostRepairsInARow = 3;

    private int _repairs;

    private NodeEnd RunLives()
    {
        using IDisposable? folder = _files.TryLock();
        if (folder is null)
        {
            throw new StorageRefusedException($"the data folder {_files.Description} is in use by another process; stop that one, or name another folder");
        }

        while (true)
        {
            if (RunLife() is { } end)
            {
                return end;
            }

            KeepClientsOnly();
        }
    }

    /// <summary>Runs a life to its end.</summary>
    /// <returns>Null if another one is to begin.</returns>
    private NodeEnd? RunLife()
    {
        NodeLife? life = null;
        NodeEnd? end;
        try
        {
            life = new NodeLife(_options, _files, _network, _logger, _inbox, () => Volatile.Read(ref _bytesUnderWay), OnTurn);
            Introduce(life);
            end = life.Run();
            if (end is null)
            {
                DataFolder.Discard(_files);
            }
        }
        catch (StorageDamagedException damage)
        {
            SetAside(damage);
            end = null;
        }

        return end ?? (life?.IsStopping == true ? new NodeEnd(NodeEndReason.Stopped, "stopped") : null);
    }

    private void SetAside(StorageDamagedException damage)
    {
        _repairs = Status.Phase == NodePhase.Member ? 1 : _repairs + 1;
        if (Status.Membership is { } members)
        {
            // Who has joined, or has seen others come and go, was told of others at its start than those who may take it in again.
            _options = _options with { Members = [.. members.Members.Select(member => new Member(member.Node, 0, member.PeerAddress, member.ClientAddress))] };
        }

        string? objection = !_options.RepairsItself ? "repair.automatic is off"
            : _repairs > MostRepairsInARow ? $"it has been set aside {MostRepairsInARow} times in a row: is the disk sound?"
            : DamagedFolder.SetAside(_files, _options.Node, NodeLife.ReplicaOptionsOf(_options), _options.Wal, damage.Message);
        if (objection is not null)
        {
            throw new StorageDamagedException(
                $"{damage.Message}. It was not set aside: {objection}. Nothing was changed: restore this folder from where it is whole, or empty it: "
                + "with a majority of the other nodes up, this one comes back as a new incarnation and receives the log");
        }

        Log.SetAside(_logger, _options.Node.Value, damage.Message);
    }

    private void Introduce(NodeLife life)
    {
        if (_networkStarted)
        {
            _network.SetVersions(life.Versions);
            _network.Identify(life.Identity);
        }
        else
        {
            _networkStarted = true;
            _network.Start(life.Identity, life.Versions, this);
        }
    }

    /// <summary>What the disk and the peers said to the former life means nothing to the next; what clients wait for does.</summary>
    private void KeepClientsOnly()
    {
        var left = new List<ReplicaInput>();
        _inbox.Take(ref left, 0);
        foreach (ReplicaInput input in left)
        {
            if (input is CommandInput or TopicReadInput or BackupInput or ChangeInput or CommandGoneInput or TopicReadGoneInput or ChangeGoneInput or StopInput)
            {
                _inbox.Post(input);
            }
        }
    }
}
