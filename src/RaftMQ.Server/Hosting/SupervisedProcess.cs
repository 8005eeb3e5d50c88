using System.Runtime.InteropServices;

namespace RaftMQ.Server.Hosting;

/// <summary>
/// A node that a supervisor runs (<c>raftmq dev</c>). Ctrl-C in a terminal reaches the whole process group; such a node leaves it to the
/// supervisor. The supervisor holds the other end of its standard input: closing it stops the node, and so does the supervisor's own end,
/// however that comes. SIGTERM stops this node alone, which then hands its leadership over.
/// </summary>
internal static class SupervisedProcess
{
    /// <summary>The option that says so.</summary>
    public const string Option = "--supervised";

    // Kept for the life of the process; a registration that is collected would no longer ignore anything.
    private static PosixSignalRegistration? _ignoredInterrupt;

    /// <summary>To be called on the first line: from here on an interrupt does not end this process.</summary>
    public static void IgnoreInterruptIfSupervised(string[] args)
    {
        if (args.Contains(Option))
        {
            _ignoredInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        }
    }

    /// <summary>Calls back once standard input has ended: the supervisor is gone.</summary>
    public static void OnSupervisorGone(Action gone)
    {
        var watch = new Thread(() =>
        {
            using Stream input = Console.OpenStandardInput();
            Span<byte> ignored = stackalloc byte[256];
            try
            {
                while (input.Read(ignored) > 0)
                {
                }
            }
            catch (IOException)
            {
                // A closed or broken pipe says the same as its end.
            }

            gone();
        })
        {
            IsBackground = true,
            Name = "supervisor watch",
        };
        watch.Start();
    }
}
