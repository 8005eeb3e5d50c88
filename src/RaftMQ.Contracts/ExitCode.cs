namespace RaftMQ.Contracts;

/// <summary>
/// How the program <c>raftmq</c> ends: the one list of its exit codes, described for people in <c>docs/reference/exit-codes.md</c>.
/// </summary>
/// <param name="Value">The code that the shell sees, 0 to 255.</param>
/// <param name="Name">What it is called in the documentation.</param>
/// <param name="Meaning">What happened, in half a sentence.</param>
/// <param name="NeedsPerson">Whether starting again cannot help before somebody has changed something; a supervisor then leaves it alone.</param>
public sealed record ExitCode(int Value, string Name, string Meaning, bool NeedsPerson)
{
    /// <summary>It did what it was asked to, a stop by SIGTERM or Ctrl-C included.</summary>
    public static readonly ExitCode Ok = new(0, "ok", "it did what it was asked to, or was stopped in an orderly way", NeedsPerson: false);

    /// <summary>A defect of RaftMQ: an invariant did not hold, or an error nobody expected.</summary>
    public static readonly ExitCode Defect = new(1, "defect", "an error nobody expected: a defect of RaftMQ", NeedsPerson: false);

    /// <summary>The command line or the configuration is wrong.</summary>
    public static readonly ExitCode Configuration = new(2, "configuration", "the command line or the configuration is wrong", NeedsPerson: true);

    /// <summary>The data folder is locked, damaged, of a newer format, or belongs to another node.</summary>
    public static readonly ExitCode DataRefused = new(3, "data-refused", "the data folder is locked, damaged, another node's, or of a newer format or cluster version", NeedsPerson: true);

    /// <summary>An address cannot be listened on because another process has it.</summary>
    public static readonly ExitCode PortTaken = new(4, "port-taken", "another process listens on the address", NeedsPerson: true);

    /// <summary>The disk failed while running; what is durable is safe, and starting again recovers it.</summary>
    public static readonly ExitCode DiskFailed = new(
        5, "disk-failed", "a write or sync failed; starting again recovers what is durable", NeedsPerson: false);

    /// <summary>A cluster could not be asked, or refused what was asked of it.</summary>
    public static readonly ExitCode ClusterRefused = new(6, "cluster-refused", "the cluster could not be asked, or refused what was asked", NeedsPerson: false);

    /// <summary>All exit codes, ascending.</summary>
    public static IReadOnlyList<ExitCode> All { get; } = [Ok, Defect, Configuration, DataRefused, PortTaken, DiskFailed, ClusterRefused];

    /// <summary>The meaning of a code, or null if it is none of ours (128 + n: ended by signal n).</summary>
    /// <param name="value">The code that a process ended with.</param>
    public static ExitCode? Find(int value) => All.FirstOrDefault(code => code.Value == value);
}
