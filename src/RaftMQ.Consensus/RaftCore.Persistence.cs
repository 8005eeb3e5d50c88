namespace RaftMQ.Consensus;

/// <summary>What is durable here. Batches complete in order; a truncation takes back what batches still under way would have made durable.</summary>
public sealed partial class RaftCore
{
    private Queue<Batch> _batchesUnderWay = new();
    private Term _durableTerm;
    private LogIndex _durableIndex;
    private LogIndex _lastEmitted;

    /// <param name="Term">The current term when the batch was made.</param>
    /// <param name="Last">The end of the log when the batch was made.</param>
    /// <param name="DurableUpTo">How far the log of now is durable once the batch is: less than <see cref="Last"/> after a truncation.</param>
    private readonly record struct Batch(Term Term, LogPosition Last, LogIndex DurableUpTo);

    /// <summary>Every batch up to the one that ended with this term and this end of the log is durable.</summary>
    public void OnPersisted(Term term, LogPosition last)
    {
        bool found = false;
        while (!found && _batchesUnderWay.TryDequeue(out Batch batch))
        {
            found = batch.Term == term && batch.Last == last;
            _durableTerm = batch.Term;
            _durableIndex = LogIndex.Max(_durableIndex, batch.DurableUpTo);
        }

        Invariant.Require(found, "the disk completes what it was given");
        if (Role == Role.Candidate && !_isPreVote && _durableTerm == CurrentTerm && VotedFor == _options.Self)
        {
            CountVote(_options.Self);
        }
        else if (Role == Role.Leader)
        {
            CommitByCounting();
            ReleaseUncommitted();
        }
    }

    /// <summary>The highest index whose entry is known to be on this server's disk.</summary>
    public LogIndex DurableIndex => _durableIndex;

    /// <summary>
    /// Entries up to here have been applied by the owner and may leave memory once they are durable and <see cref="RaftOptions.TailBytes"/> is exceeded.
    /// </summary>
    public void OnApplied(LogIndex index) => _log.EvictUpTo(LogIndex.Min(index, _durableIndex), _options.TailBytes);

    private void CapBatchesUnderWay(LogIndex last)
    {
        if (_batchesUnderWay.Count > 0)
        {
            _batchesUnderWay = new Queue<Batch>(_batchesUnderWay.Select(batch => batch with { DurableUpTo = LogIndex.Min(batch.DurableUpTo, last) }));
        }
    }
}
