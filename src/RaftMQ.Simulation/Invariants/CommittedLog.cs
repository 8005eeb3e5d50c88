using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;

namespace RaftMQ.Simulation.Invariants;

/// <summary>
/// What the cluster has committed, from the first leader that said so. It never changes and is never truncated (I6, I7), it was durable on a majority of the
/// configuration in force when its leader committed it (I9), and every later leader has it (I5).
/// </summary>
internal sealed class CommittedLog(Findings findings, KnownEntries known)
{
    private readonly List<LogEntry> _entries = [];
    private readonly List<(ulong Term, ulong Index)> _committedIn = [];
    private readonly HashSet<ServerId> _seated = [];

    /// <summary>The highest committed index.</summary>
    public ulong Last => (ulong)_entries.Count;

    /// <summary>The last committed configuration, and where it stands.</summary>
    public (ulong Index, Membership? Membership) Configuration { get; private set; }

    /// <summary>Whether a server has had a seat in a committed configuration, now or before.</summary>
    public bool HasSeated(ServerId server) => _seated.Contains(server);

    public LogEntry this[ulong index] => _entries[(int)index - 1];

    public ulong TermAt(ulong index) => index == 0 ? 0 : index <= Last ? _entries[(int)index - 1].Term.Value : LogImage.NoEntry;

    /// <summary>A node's commit index has moved.</summary>
    /// <param name="core">The node's core.</param>
    /// <param name="server">The node.</param>
    /// <param name="from">Where it was.</param>
    /// <param name="ledIn">The term that the node led as it moved; 0 if it only followed.</param>
    public void Observe(RaftCore core, ServerId server, ulong from, ulong ledIn)
    {
        ulong to = core.CommitIndex.Value;
        ulong lastBefore = Last;
        for (ulong index = from + 1; index <= to; index++)
        {
            findings.Checks++;
            if (index < core.Log.Base.Index.Value)
            {
                // In a snapshot, whose last entry is looked at below, and whose state is compared.
                continue;
            }

            ulong term = core.Log.TermAt(new LogIndex(index))!.Value.Value;
            if (index > Last)
            {
                Extend(index, term, server);
            }
            else if (TermAt(index) != term)
            {
                findings.Report("I6", $"server {server} takes {index}@{term} for committed; committed is {index}@{TermAt(index)}");
                return;
            }
        }

        if (Last > lastBefore)
        {
            if (ledIn == 0)
            {
                findings.Report("I9", $"server {server}, which does not lead, takes index {to} for committed, and no leader has committed more than {lastBefore}");
            }

            _committedIn.Add((Math.Max(ledIn, _committedIn.Count > 0 ? _committedIn[^1].Term : 0), Last));
        }
    }

    /// <summary>A leader of this term has begun: its log has all that was committed in earlier terms (§5.4.3).</summary>
    public void RequireIn(RaftCore core, ServerId leader)
    {
        findings.Checks++;
        for (int i = _committedIn.Count - 1; i >= 0; i--)
        {
            (ulong term, ulong index) = _committedIn[i];
            if (term < core.CurrentTerm.Value)
            {
                bool isInSnapshot = index < core.Log.Base.Index.Value;
                if (!isInSnapshot && core.Log.TermAt(new LogIndex(index))?.Value != TermAt(index))
                {
                    findings.Report("I5", $"the leader of term {core.CurrentTerm}, {leader}, does not have {index}@{TermAt(index)}, committed in term {term}");
                }

                return;
            }
        }
    }

    /// <summary>
    /// A server drops entries from its log: none of them is committed, unless it has yet to hear of the term in which others committed them, and follows a leader of an
    /// earlier one, to whom they were never committed.
    /// </summary>
    public void RequireNot(ServerImage image, ulong from)
    {
        LogImage log = image.Given;
        for (ulong index = from; index <= log.Last; index++)
        {
            findings.Checks++;
            bool isCommitted = index <= Last && log.TermAt(index) == TermAt(index);
            if (isCommitted && !image.Received.Exists(request => request.Term.Value < TermOfCommit(index) && Replaces(request, from, log)))
            {
                findings.Report("I7", $"server {image.Server} truncates {index}@{log.TermAt(index)}, which is committed");
                return;
            }
        }
    }

    /// <summary>A server installs a snapshot: it is of what is committed, and what it takes away behind its end is not.</summary>
    public void RequireSnapshot(ServerImage image, LogPosition snapshot)
    {
        findings.Checks++;
        if (TermAt(snapshot.Index.Value) != snapshot.Term.Value)
        {
            findings.Report("I6", $"server {image.Server} installs a snapshot up to {snapshot}; committed there is term {TermAt(snapshot.Index.Value)}, and {Last} in all");
        }

        for (ulong index = snapshot.Index.Value; index <= Math.Min(Last, image.Given.Last); index++)
        {
            if (image.Given.TermAt(index) == TermAt(index))
            {
                findings.Report("I7", $"server {image.Server} has {index}@{TermAt(index)}, which is committed, and installs a snapshot up to {snapshot} over it");
                return;
            }
        }
    }

    private ulong TermOfCommit(ulong index) => _committedIn.Find(commit => commit.Index >= index).Term;

    private static bool Replaces(AppendEntries request, ulong index, LogImage log)
    {
        ulong first = request.Previous.Index.Value + 1;
        bool covers = index >= first && index - first < (ulong)request.Entries.Length;
        return covers && request.Entries.Span[(int)(index - first)].Term.Value != log.TermAt(index);
    }

    private void Extend(ulong index, ulong term, ServerId server)
    {
        if (!known.TryGet(index, term, out LogEntry entry))
        {
            findings.Report("I4", $"server {server} commits {index}@{term}, which no server has put into its log");
            entry = new LogEntry(new LogIndex(index), new Term(term), EntryKind.NoOp, default, default);
        }

        _entries.Add(entry);
        if (entry.Kind == EntryKind.Membership)
        {
            TakeConfiguration(index, Membership.Decode(entry.Payload.Span, out _));
        }
        else if (entry.Kind == EntryKind.Birth)
        {
            TakeConfiguration(index, Birth.Decode(entry.Payload).Members);
        }
    }

    private void TakeConfiguration(ulong index, Membership membership)
    {
        Configuration = (index, membership);
        _seated.UnionWith(membership.Voters);
    }
}
