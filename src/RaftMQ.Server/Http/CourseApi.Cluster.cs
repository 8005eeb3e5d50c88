using System.Globalization;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Node;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Server.Http;

/// <summary>
/// <c>/v1/cluster</c>: who the members are, and changes of them, every one of which may be sent again. They are the leader's to make: another node answers with a redirect to it.
/// </summary>
internal sealed partial class CourseApi
{
    /// <summary>A member and its addresses take far less.</summary>
    private const int MaxChangeBytes = 4 * 1024;

    /// <summary><c>PUT /v1/cluster/leader</c>: leadership goes to the node of the body, or to whichever has the most of the log.</summary>
    private async Task PutLeaderAsync(HttpContext context)
    {
        (Refusal? refusal, ChangeFields fields) = await ReadChangeAsync(context, ChangeFields.LeaderExample);
        refusal ??= fields.ObjectionTo(ChangeFields.NodeField);
        if (refusal is not null)
        {
            Answer.Refused(context.Response, refusal);
            return;
        }

        await ChangeAsync(context, new LeadershipTransfer(fields.Node is { } heir ? new NodeId(heir) : null));
    }

    /// <summary><c>PUT</c> adds a member or lets it replace another, <c>PATCH</c> moves one, <c>DELETE</c> removes one.</summary>
    private async Task ChangeMemberAsync(HttpContext context, string encoded)
    {
        bool isNumber = uint.TryParse(encoded, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number >= 1;
        if (!isNumber)
        {
            await Refuse(context, Refusal.Because(Reason.BadMember, $"{Shown(encoded)} is no number of a node"));
            return;
        }

        var member = new NodeId(number);
        if (HttpMethods.IsDelete(context.Request.Method))
        {
            await ChangeAsync(context, new MemberRemoval(member));
            return;
        }

        bool moves = HttpMethods.IsPatch(context.Request.Method);
        (Refusal? refusal, ChangeFields fields) = await ReadChangeAsync(context, ChangeFields.Example);
        refusal ??= fields.ObjectionTo(ChangeFields.Addresses, moves ? null : ChangeFields.ReplacesField) ?? fields.ObjectionToAddresses();
        if (refusal is not null)
        {
            Answer.Refused(context.Response, refusal);
            return;
        }

        var newcomer = new Member(member, 0, fields.Peer!, fields.Client!);
        await ChangeAsync(context, moves ? new MemberMove(member, fields.Peer!, fields.Client!)
            : fields.Replaces is { } leaves ? new MemberReplacement(new NodeId(leaves), newcomer)
            : new MemberAddition(newcomer));
    }

    private async ValueTask<(Refusal? Refusal, ChangeFields Fields)> ReadChangeAsync(HttpContext context, string example)
    {
        if (MediaType.Check(context.Request) is { } refusal)
        {
            return (refusal, new ChangeFields());
        }

        using RequestBody body = await _bodies.ReadAsync(context.Request, MaxChangeBytes);
        return body.Refusal is null ? ChangeFields.Read(body.Bytes, example) : (body.Refusal, new ChangeFields());
    }

    private async Task ChangeAsync(HttpContext context, ClusterChange change)
    {
        ChangeResult result = await node.ChangeAsync(change, context.RequestAborted);
        switch (result.Outcome)
        {
            case ChangeOutcome.Done:
                Answer.Done(context.Response, StatusCodes.Status200OK, 0);
                break;
            case ChangeOutcome.Refused:
                await Refuse(context, new Refusal(Reason.ChangeRefused, result.Reason));
                break;
            case ChangeOutcome.Busy:
                await Refuse(context, Refusal.Because(Reason.ChangeUnderWay));
                break;
            case ChangeOutcome.TooFewVoters:
                await Refuse(context, new Refusal(Reason.TooFewVoters, result.Reason));
                break;
            case ChangeOutcome.NotLeader when ClientAddressOf(result.Leader) is { } leader:
                context.Response.Headers.Location = $"http://{leader}{context.Request.Path}";
                context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
                break;
            case ChangeOutcome.NotLeader:
                await Refuse(context, Outcomes.NoLeader(node.Status));
                break;
            default:
                await Refuse(context, Refusal.Because(Reason.OutcomeUnknown));
                break;
        }
    }

    private string? ClientAddressOf(NodeId? leader) =>
        leader is { } known && known != options.Node ? node.Status.Membership?.Find(known)?.ClientAddress : null;
}
