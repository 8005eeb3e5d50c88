using System.Runtime.InteropServices;

namespace RaftMQ.Server.Hosting;

/// <summary>Why a process was asked to stop.</summary>
internal enum StopCause
{
    /// <summary>SIGTERM, or Ctrl-C.</summary>
    Asked,

    /// <summary>The supervisor is gone; there is nobody left to work for, and nobody to hand over to.</summary>
    SupervisorGone,
}

/// <summary>Turns signals and the end of standard input into a task. The first one counts; later ones change nothing.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly TaskCompletionSource<StopCause> _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Ends when the process is asked to stop.</summary>
    public Task<StopCause> Requested => _requested.Task;

    /// <summary>Listens to the signals of this process.</summary>
    /// <param name="supervised">Whether Ctrl-C belongs to the supervisor, and standard input tells of its end.</param>
    public static StopSignal OfProcess(bool supervised)
    {
        var signal = new StopSignal();
        signal.On(PosixSignal.SIGTERM);
        if (supervised)
        {
            SupervisedProcess.OnSupervisorGone(() => signal.Request(StopCause.SupervisorGone));
        }
        else
        {
            signal.On(PosixSignal.SIGINT);
        }

        return signal;
    }

    /// <summary>Asks for the stop.</summary>
    public void Request(StopCause cause) => _requested.TrySetResult(cause);

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private void On(PosixSignal signal) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        Request(StopCause.Asked);
    }));
}
