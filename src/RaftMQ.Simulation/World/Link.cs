using RaftMQ.Consensus;

namespace RaftMQ.Simulation.World;

/// <summary>One direction between two nodes, as its sender sees it: the connection that it dialled, and what the network does to what is sent over it.</summary>
internal sealed class Link
{
    /// <summary>The shortest wait before a refused dial is tried again, in microseconds; doubled each time.</summary>
    public const long FirstRedialUs = 20_000;

    /// <summary>The longest.</summary>
    public const long LongestRedialUs = 500_000;

    /// <summary>The life of the receiver's process that the connection leads to; 0 while there is none.</summary>
    public ulong ConnectedLife { get; set; }

    /// <summary>The server that introduced itself on it.</summary>
    public ServerId Peer { get; set; }

    /// <summary>The server that the sender's replica believes to be linked to.</summary>
    public ServerId? ReportedUp { get; set; }

    /// <summary>Whether the next dial is on the agenda already.</summary>
    public bool DialIsDue { get; set; }

    /// <summary>How long to wait after the next refused dial.</summary>
    public long RedialUs { get; set; } = FirstRedialUs;

    /// <summary>What lives of the sender up to this one have sent, and has not arrived, never will: the receiver has closed its end.</summary>
    public ulong ClosedLife { get; set; }

    /// <summary>When the last message arrives that was sent so far; without reordering later ones arrive later.</summary>
    public long LastArrivalAt { get; set; }

    /// <summary>Until then nothing arrives; then everything does that waited.</summary>
    public long CloggedUntil { get; set; }

    /// <summary>How many causes cut this direction at the moment.</summary>
    public int Cuts { get; set; }

    public bool IsCut => Cuts > 0;

    public void Disconnect()
    {
        ConnectedLife = 0;
        Peer = default;
    }

    /// <summary>The sender's process has ended.</summary>
    public void Forget()
    {
        Disconnect();
        ReportedUp = null;
        DialIsDue = false;
        RedialUs = FirstRedialUs;
    }
}
