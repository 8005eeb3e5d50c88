using System.Diagnostics.CodeAnalysis;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.World;

/// <summary>A kind of request that one node must answer.</summary>
/// <param name="Node">Which, or <see cref="OfTheLeader"/>.</param>
/// <param name="Kind">What is asked.</param>
/// <param name="HasKey">Whether with a key.</param>
internal sealed record Probe(int Node, OperationKind Kind, bool HasKey)
{
    /// <summary>Whoever leads when it is sent.</summary>
    public const int OfTheLeader = 0;
}

/// <summary>Requests that must be answered by the machine, whatever it answers: whoever is refused, or left in doubt, asks again.</summary>
internal sealed class Probes
{
    private readonly Queue<Probe> _waiting = new();

    /// <summary>How many have had no reply yet.</summary>
    public int Left { get; private set; }

    public void Add(Probe probe)
    {
        _waiting.Enqueue(probe);
        Left++;
    }

    public bool TryTake([NotNullWhen(true)] out Probe? probe) => _waiting.TryDequeue(out probe);

    public void OnEnded(Probe probe, Ending ending)
    {
        if (ending == Ending.Replied)
        {
            Left--;
        }
        else
        {
            _waiting.Enqueue(probe);
        }
    }
}
