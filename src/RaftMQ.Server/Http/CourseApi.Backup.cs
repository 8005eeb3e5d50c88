using RaftMQ.Node;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage.Transfer;

namespace RaftMQ.Server.Http;

/// <summary><c>GET /v1/backup</c>: everything that the node holds, as bytes that <c>raftmq restore</c> reads. An answer that is not whole is cut off, never ended.</summary>
internal sealed partial class CourseApi
{
    private async Task GetBackupAsync(HttpContext context)
    {
        try
        {
            await foreach (ReadOnlyMemory<byte> piece in node.BackupAsync(context.RequestAborted))
            {
                if (!context.Response.HasStarted)
                {
                    context.Response.ContentType = "application/octet-stream";
                    await context.Response.Body.WriteAsync(BackupFile.Head(), context.RequestAborted);
                }

                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }
        }
        catch (BackupEndedException) when (context.Response.HasStarted)
        {
            // What has come is no backup: the client must not take it for one.
            context.Abort();
        }
        catch (BackupEndedException ended)
        {
            LimitReached limit = ended.Outcome == RequestOutcome.Overloaded ? new LimitReached(NodeLimit.Backups, 1) : default;
            await Refuse(context, Outcomes.RefusalOf(ended.Outcome, default, string.Empty, node.Status, limit) ?? Refusal.Because(Contracts.Reason.Internal));
        }
    }
}
