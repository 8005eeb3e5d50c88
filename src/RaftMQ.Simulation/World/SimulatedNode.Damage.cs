using RaftMQ.Consensus;
using RaftMQ.Replica.Disk;
using RaftMQ.Simulation.Disk;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;
using RaftMQ.Storage;

namespace RaftMQ.Simulation.World;

/// <summary>What becomes of a damaged folder: it is set aside, and the node comes back as a new incarnation (<c>RaftNode</c>); or somebody has to replace the disk.</summary>
internal sealed partial class SimulatedNode
{
    /// <summary>Whether its folder is whose it was when it last ran, and will be at the next start.</summary>
    public bool HasItsIdentity => !HasNewDisk && !DataFolder.IsBeingSetAside(Disk) && Disk.List().Contains(SimulatedDisk.IdentityName);

    /// <summary>The folder cannot be opened.</summary>
    private void OnDamagedFolder(StorageDamagedException damage)
    {
        if (!IsExplained(damage, "refuses to start"))
        {
            return;
        }

        if (!TryEmpty(() => SetAside(damage), out string? objection))
        {
            AfterDeath(MayLosePower());
        }
        else if (objection is not null)
        {
            Refuse(damage.Message);
        }
        else
        {
            _world.Trace.Note(_world.Now, Id, TraceKind.NewLife, text: damage.Message);
            Start();
        }
    }

    /// <summary>The disk's thread has met damage.</summary>
    private void OnDamageMet(StorageDamagedException damage)
    {
        if (IsExplained(damage, "reads damage"))
        {
            BeginAnew(damage.Message, () => SetAside(damage));
        }
    }

    private string? SetAside(StorageDamagedException damage)
    {
        string? objection = _plan.Knobs.RepairsItself
            ? DamagedFolder.SetAside(Disk, new NodeId((uint)Id), _plan.Replica, _plan.Wal, damage.Message)
            : "it is told not to";
        if (objection is null)
        {
            _world.Ghost.OnSetAside(Identity.Server);
        }

        return objection;
    }

    /// <summary>Damage is found only where something was harmed.</summary>
    private bool IsExplained(StorageDamagedException damage, string what)
    {
        _world.Findings.Checks++;
        if (!Disk.IsHarmed)
        {
            _world.Findings.Report("I20", $"node {Id} {what} although nothing on its disk was harmed: {damage.Message}");
            return false;
        }

        if (damage.Message.Contains(SimulatedDisk.LogEnding + " at offset ", StringComparison.Ordinal))
        {
            _world.Reach.Count(Situation.MiddleDamageDetected);
        }

        return true;
    }

    private void Refuse(string damage)
    {
        _world.Trace.Note(_world.Now, Id, TraceKind.Refused, text: damage);
        Disk.RestartProcess();
        IsBroken = true;
        _world.OnBroken(this);
    }
}
