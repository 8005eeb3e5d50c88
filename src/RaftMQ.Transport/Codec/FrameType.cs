namespace RaftMQ.Transport.Codec;

/// <summary>What a frame holds. The values are on the wire (<c>PROTOCOL.md</c>); a value not named here is refused.</summary>
internal enum FrameType : byte
{
    Hello = 1,
    Welcome = 2,
    Refusal = 3,

    RequestVote = 16,
    RequestVoteResponse = 17,
    AppendEntries = 18,
    AppendEntriesResponse = 19,
    ReadIndexRequest = 20,
    ReadIndexResponse = 21,
    TimeoutNow = 22,
    Reminder = 23,
    InstallSnapshot = 24,
    InstallSnapshotResponse = 25,

    BirthCertificate = 32,

    ForwardRequest = 48,
    ForwardCancel = 49,
    ForwardResponse = 50,
}
