using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;

namespace RaftMQ.Transport.Codec;

/// <summary>Elections: <see cref="RequestVote"/>, its answer, and <see cref="TimeoutNow"/>.</summary>
internal static class VoteCodec
{
    public const int RequestBytes = sizeof(ulong) + 1 + WireWriter.PositionBytes + 1;
    public const int ResponseBytes = sizeof(ulong) + 1 + 1;
    public const int TimeoutNowBytes = sizeof(ulong);

    public static void Write(ref WireWriter writer, RequestVote message)
    {
        writer.UInt64(message.Term.Value);
        writer.Bool(message.PreVote);
        writer.Position(message.LastLog);
        writer.Bool(message.LeadershipTransfer);
    }

    public static RequestVote ReadRequest(ref WireReader reader, ServerId from, ServerId to) =>
        new(from, to, reader.Term(), reader.Bool(), reader.Position(), reader.Bool());

    public static void Write(ref WireWriter writer, RequestVoteResponse message)
    {
        writer.UInt64(message.Term.Value);
        writer.Bool(message.PreVote);
        writer.Bool(message.Granted);
    }

    public static RequestVoteResponse ReadResponse(ref WireReader reader, ServerId from, ServerId to) =>
        new(from, to, reader.Term(), reader.Bool(), reader.Bool());

    public static void Write(ref WireWriter writer, TimeoutNow message) => writer.UInt64(message.Term.Value);

    public static TimeoutNow ReadTimeoutNow(ref WireReader reader, ServerId from, ServerId to) => new(from, to, reader.Term());
}
