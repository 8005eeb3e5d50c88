using System.Buffers.Binary;
using System.Text;
using RaftMQ.Queues;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// A committed command as the checkers read it. The layout is that of <c>Queues/Commands/CommandBytes.cs</c>, read here a second time on purpose: a mistake there is
/// not repeated by the judge.
/// </summary>
/// <param name="Index">Where it stands.</param>
/// <param name="TimeMilliseconds">The entry's stamp.</param>
/// <param name="Kind">What it is; 0 for bytes that are no command.</param>
/// <param name="Request">The request that it carries out.</param>
/// <param name="BodyBytes">The size of its message.</param>
/// <param name="Payload">Its bytes.</param>
internal sealed record LoggedCommand(
    ulong Index, long TimeMilliseconds, QueueCommandKind Kind, RequestIdentity Request, int BodyBytes, ReadOnlyMemory<byte> Payload)
{
    private const int HeaderBytes = 5;
    private const byte Version = 1;

    public static LoggedCommand Read(in CommittedCommand committed)
    {
        ReadOnlySpan<byte> bytes = committed.Payload.Span;
        bool hasHeader = bytes.Length >= HeaderBytes && bytes[1] == Version && bytes[0] is >= (byte)QueueCommandKind.Configure and <= (byte)QueueCommandKind.Pop;
        int key = hasHeader ? bytes[2] : 0;
        int topic = hasHeader ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[3..]) : 0;
        if (!hasHeader || key + topic > bytes.Length - HeaderBytes)
        {
            return new LoggedCommand(committed.Index, committed.TimeMilliseconds, default, new RequestIdentity(default, string.Empty, null, null), 0, committed.Payload);
        }

        var kind = (QueueCommandKind)bytes[0];
        ReadOnlySpan<byte> rest = bytes[(HeaderBytes + key + topic)..];
        var request = new RequestIdentity(
            RequestIdentity.KindOf(kind),
            Encoding.UTF8.GetString(bytes.Slice(HeaderBytes + key, topic)),
            kind == QueueCommandKind.Publish || !rest.IsEmpty ? Encoding.UTF8.GetString(rest) : null,
            key == 0 ? null : Encoding.UTF8.GetString(bytes.Slice(HeaderBytes, key)));
        return new LoggedCommand(committed.Index, committed.TimeMilliseconds, kind, request, rest.Length, committed.Payload);
    }
}
