using RaftMQ.Consensus;

namespace RaftMQ.Replica.Requests;

/// <summary>The requests that stand in the log, by index. What is applied there decides them: the entry of their term is theirs, any other has overwritten it.</summary>
internal sealed class ProposedRequests
{
    private readonly Dictionary<ulong, PendingCommand> _byIndex = [];

    public int Count => _byIndex.Count;

    public void Add(PendingCommand request, LogPosition position)
    {
        request.Stage = RequestStage.Proposed;
        request.Position = position;
        request.NextAtIndex = _byIndex.GetValueOrDefault(position.Index.Value);
        _byIndex[position.Index.Value] = request;
    }

    /// <summary>Takes the requests that waited for an index, linked by <see cref="PendingCommand.NextAtIndex"/>; some may have ended at their deadline.</summary>
    public PendingCommand? Take(LogIndex index)
    {
        _byIndex.Remove(index.Value, out PendingCommand? first);
        return first;
    }

    /// <summary>Takes the requests that stand in the log at an index or before.</summary>
    public List<PendingCommand> TakeUpTo(LogIndex index)
    {
        var taken = new List<PendingCommand>();
        foreach (ulong at in _byIndex.Keys.Where(at => at <= index.Value).Order().ToArray())
        {
            for (PendingCommand? request = Take(new LogIndex(at)); request is not null;)
            {
                taken.Add(request);
                (request, request.NextAtIndex) = (request.NextAtIndex, null);
            }
        }

        return taken;
    }

    /// <summary>Takes the requests that stand in the log with an older term, in the order of the log.</summary>
    public List<PendingCommand> TakeOlderThan(Term term)
    {
        var taken = new List<PendingCommand>();
        foreach (ulong index in _byIndex.Keys.Order().ToArray())
        {
            PendingCommand? kept = null;
            PendingCommand? request = Take(new LogIndex(index));
            while (request is not null)
            {
                PendingCommand? next = request.NextAtIndex;
                bool isOlder = request.Position.Term < term;
                request.NextAtIndex = isOlder ? null : kept;
                kept = isOlder ? kept : request;
                if (isOlder)
                {
                    taken.Add(request);
                }

                request = next;
            }

            if (kept is not null)
            {
                _byIndex.Add(index, kept);
            }
        }

        return taken;
    }
}
