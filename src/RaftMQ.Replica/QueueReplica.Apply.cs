using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>Committed entries go to the machine in order, in bounded slices, from memory or from disk; what is applied decides who waited for it.</summary>
public sealed partial class QueueReplica
{
    private readonly ProposedRequests _proposed = new();
    private ReadOnlyMemory<LogEntry> _loadedToApply;
    private ReadOnlyMemory<LogEntry> _loadedNext;
    private bool _loadingToApply;
    private Term _appliedTerm;

    /// <summary>The highest index applied.</summary>
    public LogIndex AppliedIndex { get; private set; }

    /// <summary>
    /// Whether this member has what the others have, so that one of them may be stopped: it has applied all that its leader has committed by its latest word, or all that it has committed itself
    /// while it leads, and nothing holds it up. An entry of the term in force is among that: a leader that has not committed one yet does not know what its predecessors have (§8).
    /// </summary>
    public bool IsCaughtUp => IsMember && !IsHeldUp && _core.Leader is not null && _appliedTerm == _core.CurrentTerm
        && AppliedIndex >= (_core.Role == Role.Leader ? _core.CommitIndex : _core.LeaderCommit);

    private void ApplyCommitted()
    {
        HasWork = false;
        if (_core.IsInstallingSnapshot)
        {
            // The state is about to be replaced, and the bodies with it: nothing is taken any more that could not be handed out.
            return;
        }

        for (int i = 0; i < _options.MaxApplyPerTurn; i++)
        {
            if (AppliedIndex >= _core.CommitIndex)
            {
                break;
            }

            if (!TryNextToApply(out LogEntry entry))
            {
                break;
            }

            Apply(entry);
        }

        _core.OnApplied(AppliedIndex);
        HasWork = AppliedIndex < _core.CommitIndex && (!_loadingToApply || _loadedToApply.Length > 0);
    }

    private bool TryNextToApply(out LogEntry entry)
    {
        LogIndex next = AppliedIndex.Next;
        if (_core.Log.TryGet(next, out entry))
        {
            return true;
        }

        LoadToApply();
        if (_loadedToApply.Length == 0)
        {
            return false;
        }

        entry = _loadedToApply.Span[0];
        Invariant.Require(entry.Index == next, "loaded entries are applied in order");
        _loadedToApply = _loadedToApply[1..];
        if (_loadedToApply.Length == 0)
        {
            (_loadedToApply, _loadedNext) = (_loadedNext, default);
        }

        return true;
    }

    /// <summary>While one load is applied the next is read.</summary>
    private void LoadToApply()
    {
        if (_loadingToApply || _loadedNext.Length > 0)
        {
            return;
        }

        LogIndex first = _loadedToApply.Length > 0 ? _loadedToApply.Span[^1].Index.Next : AppliedIndex.Next;
        var last = LogIndex.Min(_core.CommitIndex, _core.Log.FirstInMemory.Previous);
        if (first <= last)
        {
            _loadingToApply = true;
            _ports.AskDisk(new ApplyLoad(first, last, _options.ApplyLoadBytes));
        }
    }

    private void OnApplyEntriesLoaded(ApplyEntriesLoadedInput loaded)
    {
        Invariant.Require(_loadingToApply, "what is loaded was asked for");
        _loadingToApply = false;
        if (loaded.First <= _installedIndex)
        {
            return;
        }

        bool isNext = _loadedToApply.Length > 0;
        LogIndex expected = isNext ? _loadedToApply.Span[^1].Index.Next : AppliedIndex.Next;
        Invariant.Require(loaded.First == expected, "what is loaded is what was asked for");
        Invariant.Require(loaded.Entries.Length > 0, "committed entries are on disk");
        (_loadedToApply, _loadedNext) = isNext ? (_loadedToApply, loaded.Entries) : (loaded.Entries, default);
    }

    private void Apply(in LogEntry entry)
    {
        Invariant.Require(entry.Index == AppliedIndex.Next, "entries are applied once, in order");
        Invariant.Require(_core.Log.TermAt(entry.Index) == entry.Term, "what is applied is what is committed");
        AppliedIndex = entry.Index;
        NoteForSnapshot(entry);
        QueueReply reply = AppliedEntry.To(_machine, entry);
        if (entry.Kind == EntryKind.Birth)
        {
            ReportDifferences(_machine.Limits);
        }

        Decide(_proposed.Take(entry.Index), entry.Term, reply);
        if (entry.Term > _appliedTerm)
        {
            _appliedTerm = entry.Term;
            DecideOverwritten();
        }
    }

    /// <summary>
    /// Terms never fall along the log: behind a committed entry of this term none of an older term is ever committed, so whoever waits for one need not wait
    /// until the log has come so far.
    /// </summary>
    private void DecideOverwritten()
    {
        foreach (PendingCommand request in _proposed.TakeOlderThan(_appliedTerm))
        {
            if (request.Stage == RequestStage.Proposed)
            {
                OnOverwritten(request);
            }
        }
    }

    private void Decide(PendingCommand? waiting, Term appliedTerm, in QueueReply reply)
    {
        while (waiting is not null)
        {
            PendingCommand request = waiting;
            waiting = request.NextAtIndex;
            request.NextAtIndex = null;
            if (request.Stage == RequestStage.Proposed)
            {
                if (request.Position.Term == appliedTerm)
                {
                    EndApplied(request, reply);
                }
                else
                {
                    OnOverwritten(request);
                }
            }
        }
    }
}
