using System.Runtime.InteropServices;

namespace RaftMQ.Server.Supervision;

/// <summary>Ctrl-C or SIGTERM to the supervisor: the first asks for an orderly stop, the second for an immediate one.</summary>
internal sealed class SupervisorStop : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly PosixSignalRegistration[] _registrations;

    public SupervisorStop() => _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(Listen)];

    /// <summary>Somebody wants the cluster to stop.</summary>
    public CancellationToken Requested => _stop.Token;

    /// <summary>Somebody does not want to wait for it.</summary>
    public CancellationToken Impatient => _kill.Token;

    public void Dispose()
    {
        Array.ForEach(_registrations, registration => registration.Dispose());
        _stop.Dispose();
        _kill.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        (_stop.IsCancellationRequested ? _kill : _stop).Cancel();
    });
}
