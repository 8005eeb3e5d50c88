using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Replica.Peers;

namespace RaftMQ.Transport.Codec;

/// <summary>The bodies of message frames: sender and receiver, then the fields of the message as its family's codec lays them out.</summary>
internal static class PeerMessageCodec
{
    private const int AddressBytes = WireWriter.ServerBytes + WireWriter.ServerBytes;

    /// <summary>Which frame carries this message.</summary>
    public static FrameType TypeOf(PeerMessage message) => message switch
    {
        RaftPeerMessage { Message: AppendEntries } => FrameType.AppendEntries,
        RaftPeerMessage { Message: AppendEntriesResponse } => FrameType.AppendEntriesResponse,
        RaftPeerMessage { Message: RequestVote } => FrameType.RequestVote,
        RaftPeerMessage { Message: RequestVoteResponse } => FrameType.RequestVoteResponse,
        RaftPeerMessage { Message: ReadIndexRequest } => FrameType.ReadIndexRequest,
        RaftPeerMessage { Message: ReadIndexResponse } => FrameType.ReadIndexResponse,
        RaftPeerMessage { Message: TimeoutNow } => FrameType.TimeoutNow,
        RaftPeerMessage { Message: Reminder } => FrameType.Reminder,
        RaftPeerMessage { Message: InstallSnapshot } => FrameType.InstallSnapshot,
        RaftPeerMessage { Message: InstallSnapshotResponse } => FrameType.InstallSnapshotResponse,
        ForwardRequest => FrameType.ForwardRequest,
        ForwardCancel => FrameType.ForwardCancel,
        ForwardResponse => FrameType.ForwardResponse,
        BirthCertificate => FrameType.BirthCertificate,
        _ => throw new ArgumentException($"no frame carries {message.GetType().Name}", nameof(message)),
    };

    /// <summary>The exact length of the body in bytes.</summary>
    public static long BodySize(PeerMessage message) => AddressBytes + message switch
    {
        RaftPeerMessage { Message: AppendEntries append } => AppendEntriesCodec.Size(append),
        RaftPeerMessage { Message: AppendEntriesResponse } => AppendEntriesCodec.ResponseBytes,
        RaftPeerMessage { Message: RequestVote } => VoteCodec.RequestBytes,
        RaftPeerMessage { Message: RequestVoteResponse } => VoteCodec.ResponseBytes,
        RaftPeerMessage { Message: ReadIndexRequest } => ReadIndexCodec.RequestBytes,
        RaftPeerMessage { Message: ReadIndexResponse } => ReadIndexCodec.ResponseBytes,
        RaftPeerMessage { Message: TimeoutNow } => VoteCodec.TimeoutNowBytes,
        RaftPeerMessage { Message: Reminder } => ReminderCodec.Bytes,
        RaftPeerMessage { Message: InstallSnapshot install } => InstallSnapshotCodec.Size(install),
        RaftPeerMessage { Message: InstallSnapshotResponse } => InstallSnapshotCodec.ResponseBytes,
        ForwardRequest forward => ForwardCodec.Size(forward),
        ForwardCancel => ForwardCodec.CancelBytes,
        ForwardResponse => ForwardCodec.ResponseBytes,
        BirthCertificate birth => BirthCertificateCodec.Size(birth),
        _ => throw new ArgumentException($"no frame carries {message.GetType().Name}", nameof(message)),
    };

    /// <summary>Writes the frame except for its checksum (<see cref="FrameHeader.Seal"/>) into exactly as many bytes as it needs.</summary>
    public static void Write(Span<byte> frame, ClusterId cluster, PeerMessage message)
    {
        new FrameHeader(frame.Length - FrameHeader.Size, TypeOf(message), cluster).Write(frame);
        var writer = new WireWriter(frame[FrameHeader.Size..]);
        writer.Server(message.From);
        writer.Server(message.To);
        WriteFields(ref writer, message);
        Invariant.Require(writer.Remaining == 0, "a message fills the size that was computed for it");
    }

    /// <summary>Reads a verified body.</summary>
    /// <exception cref="PeerProtocolException">The type is not a message's, or the fields are not what the type promises.</exception>
    public static PeerMessage Read(FrameType type, ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        ServerId from = reader.Server();
        ServerId to = reader.Server();
        PeerMessage message = ReadFields(ref reader, type, from, to);
        reader.End();
        return message;
    }

    private static void WriteFields(ref WireWriter writer, PeerMessage message)
    {
        switch (message)
        {
            case RaftPeerMessage raft:
                WriteFields(ref writer, raft.Message);
                break;
            case ForwardRequest request:
                ForwardCodec.Write(ref writer, request);
                break;
            case ForwardCancel cancel:
                ForwardCodec.Write(ref writer, cancel);
                break;
            case ForwardResponse response:
                ForwardCodec.Write(ref writer, response);
                break;
            case BirthCertificate birth:
                BirthCertificateCodec.Write(ref writer, birth);
                break;
        }
    }

    private static void WriteFields(ref WireWriter writer, Message message)
    {
        switch (message)
        {
            case AppendEntries append:
                AppendEntriesCodec.Write(ref writer, append);
                break;
            case AppendEntriesResponse response:
                AppendEntriesCodec.Write(ref writer, response);
                break;
            case RequestVote vote:
                VoteCodec.Write(ref writer, vote);
                break;
            case RequestVoteResponse response:
                VoteCodec.Write(ref writer, response);
                break;
            case ReadIndexRequest read:
                ReadIndexCodec.Write(ref writer, read);
                break;
            case ReadIndexResponse response:
                ReadIndexCodec.Write(ref writer, response);
                break;
            case TimeoutNow timeout:
                VoteCodec.Write(ref writer, timeout);
                break;
            case Reminder reminder:
                ReminderCodec.Write(ref writer, reminder);
                break;
            case InstallSnapshot install:
                InstallSnapshotCodec.Write(ref writer, install);
                break;
            case InstallSnapshotResponse response:
                InstallSnapshotCodec.Write(ref writer, response);
                break;
        }
    }

    private static PeerMessage ReadFields(ref WireReader reader, FrameType type, ServerId from, ServerId to) => type switch
    {
        FrameType.AppendEntries => new RaftPeerMessage(AppendEntriesCodec.Read(ref reader, from, to)),
        FrameType.AppendEntriesResponse => new RaftPeerMessage(AppendEntriesCodec.ReadResponse(ref reader, from, to)),
        FrameType.RequestVote => new RaftPeerMessage(VoteCodec.ReadRequest(ref reader, from, to)),
        FrameType.RequestVoteResponse => new RaftPeerMessage(VoteCodec.ReadResponse(ref reader, from, to)),
        FrameType.ReadIndexRequest => new RaftPeerMessage(ReadIndexCodec.ReadRequest(ref reader, from, to)),
        FrameType.ReadIndexResponse => new RaftPeerMessage(ReadIndexCodec.ReadResponse(ref reader, from, to)),
        FrameType.TimeoutNow => new RaftPeerMessage(VoteCodec.ReadTimeoutNow(ref reader, from, to)),
        FrameType.Reminder => new RaftPeerMessage(ReminderCodec.Read(ref reader, from, to)),
        FrameType.InstallSnapshot => new RaftPeerMessage(InstallSnapshotCodec.Read(ref reader, from, to)),
        FrameType.InstallSnapshotResponse => new RaftPeerMessage(InstallSnapshotCodec.ReadResponse(ref reader, from, to)),
        FrameType.ForwardRequest => ForwardCodec.ReadRequest(ref reader, from, to),
        FrameType.ForwardCancel => ForwardCodec.ReadCancel(ref reader, from, to),
        FrameType.ForwardResponse => ForwardCodec.ReadResponse(ref reader, from, to),
        FrameType.BirthCertificate => BirthCertificateCodec.Read(ref reader, from, to),
        _ => throw new PeerProtocolException($"a frame of type {(byte)type} where messages are due"),
    };
}
