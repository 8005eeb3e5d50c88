using CsCheck;
using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Transport.Tests.Support;

/// <summary>Random messages of every kind.</summary>
internal static class Gens
{
    public static readonly Gen<ServerId> Server = Gen.Select(Gen.UInt, Gen.ULong, (node, incarnation) => new ServerId(new NodeId(node), incarnation));

    public static readonly Gen<LogPosition> Position =
        Gen.Select(Gen.ULong, Gen.ULong, (index, term) => new LogPosition(new LogIndex(index), new Term(term)));

    public static readonly Gen<byte[]> Payload = Gen.Byte.Array[0, 300];

    public static readonly Gen<Func<LogIndex, LogEntry>> EntryAt = Gen.Select(
        Gen.ULong, Gen.Int[1, 4], Gen.Long, Payload,
        (term, kind, time, payload) =>
            (Func<LogIndex, LogEntry>)(index => new LogEntry(index, new Term(term), (EntryKind)kind, new LogTime(time), payload)));

    public static readonly Gen<PeerMessage> Message = Gen.OneOf(
        Gen.Select(Server, Server, Gen.ULong, Gen.Bool, Position, Gen.Bool,
            (from, to, term, pre, last, transfer) => Raft(new RequestVote(from, to, new Term(term), pre, last, transfer))),
        Gen.Select(Server, Server, Gen.ULong, Gen.Bool, Gen.Bool,
            (from, to, term, pre, granted) => Raft(new RequestVoteResponse(from, to, new Term(term), pre, granted))),
        Gen.Select(Server, Server, Gen.ULong, Position, EntryAt.Array[0, 20], Gen.ULong, Gen.ULong, Append),
        Gen.Select(
            Gen.Select(Server, Server), Gen.ULong, Gen.Bool, Gen.ULong, Position, Gen.ULong, Gen.Bool,
            (ends, term, success, match, conflict, round, accepts) => Raft(new AppendEntriesResponse(
                ends.Item1, ends.Item2, new Term(term), success, new LogIndex(match), conflict, round, accepts))),
        Gen.Select(Server, Server, Gen.ULong, Gen.ULong,
            (from, to, term, read) => Raft(new ReadIndexRequest(from, to, new Term(term), new ReadId(read)))),
        Gen.Select(Server, Server, Gen.ULong, Gen.ULong, Gen.ULong,
            (from, to, term, read, index) => Raft(new ReadIndexResponse(from, to, new Term(term), new ReadId(read), new LogIndex(index)))),
        Gen.Select(Server, Server, Gen.ULong, (from, to, term) => Raft(new TimeoutNow(from, to, new Term(term)))),
        Gen.Select(
            Server, Server, Gen.ULong, Gen.ULong, Gen.ULong, (from, to, term, match, left) => Raft(new Reminder(from, to, new Term(term), new LogIndex(match), new LogPosition(new LogIndex(left), new Term(match))))),
        Gen.Select(
            Gen.Select(Server, Server), Gen.ULong, Position, Gen.Long[0, long.MaxValue], Gen.Select(Payload, Gen.Bool), Gen.ULong, Gen.ULong,
            (ends, term, snapshot, offset, piece, round, number) => Raft(new InstallSnapshot(
                ends.Item1, ends.Item2, new Term(term), snapshot, offset, piece.Item1, piece.Item2, round, number))),
        Gen.Select(
            Gen.Select(Server, Server), Gen.ULong, Position, Gen.Long[0, long.MaxValue], Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool), Gen.ULong, Gen.ULong,
            (ends, term, snapshot, next, flags, round, number) => Raft(new InstallSnapshotResponse(
                ends.Item1, ends.Item2, new Term(term), snapshot, next, flags.Item1, round, flags.Item2, number, flags.Item3))),
        Gen.Select(Server, Server, EntryAt, Gen.ULong,
            (from, to, entry, index) => (PeerMessage)new BirthCertificate(from, to, entry(new LogIndex(index)))),
        Gen.Select(Server, Server, Gen.ULong, Gen.UInt, Payload,
            (from, to, request, deadline, command) => (PeerMessage)new ForwardRequest(from, to, request, deadline, command)),
        Gen.Select(Server, Server, Gen.ULong, (from, to, request) => (PeerMessage)new ForwardCancel(from, to, request)),
        Gen.Select(Server, Server, Gen.ULong, Gen.Int[1, 7], Position, Gen.Select(Gen.Byte, Gen.Long),
            (from, to, request, verdict, position, limit) => (PeerMessage)new ForwardResponse(
                from, to, request, (ForwardVerdict)verdict, position, new LimitReached((NodeLimit)limit.Item1, limit.Item2))));

    public static AppendEntries AppendOf(ServerId from, ServerId to, ulong term, LogPosition previous, params byte[][] payloads)
    {
        var entries = new LogEntry[payloads.Length];
        for (int i = 0; i < payloads.Length; i++)
        {
            entries[i] = new LogEntry(previous.Index + (ulong)(i + 1), new Term(term), EntryKind.Command, new LogTime(1_000 + i), payloads[i]);
        }

        return new AppendEntries(from, to, new Term(term), previous, entries, previous.Index, 0, 200);
    }

    private static PeerMessage Append(
        ServerId from, ServerId to, ulong term, LogPosition previous, Func<LogIndex, LogEntry>[] entries, ulong commit, ulong round)
    {
        // Room for the indexes of all entries above the previous one.
        previous = previous with { Index = new LogIndex(previous.Index.Value & (ulong.MaxValue >> 1)) };
        LogEntry[] placed = [.. entries.Select((entry, i) => entry(previous.Index + (ulong)(i + 1)))];
        return Raft(new AppendEntries(from, to, new Term(term), previous, placed, new LogIndex(commit), round, (int)(round % 60_000) + 1));
    }

    private static PeerMessage Raft(Message message) => new RaftPeerMessage(message);
}
