using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// Per producer and topic, messages go in the order in which they were acknowledged one after the other (I17). By the indexes that the consumers were told, and by the
/// order of what is left; not by the log, so that it holds also where log and replies disagree.
/// </summary>
internal static class ProducerOrder
{
    public static Finding? Judge(Evidence evidence)
    {
        Dictionary<string, (ulong Place, Operation? Pop)> gone = Deliveries(evidence);
        return evidence.Requests
            .Where(request => request.Identity.Kind == OperationKind.Publish && request.Fate == Fate.Acknowledged && !request.MayHaveRunAgain)
            .GroupBy(request => (request.Client, request.Identity.Topic))
            .Select(producer => Judge([.. producer], gone))
            .FirstOrDefault(finding => finding is not null);
    }

    /// <summary>Where in the order of deliveries each message stands: at the index of its pop, or behind all pops, in the order of what is left.</summary>
    private static Dictionary<string, (ulong Place, Operation? Pop)> Deliveries(Evidence evidence)
    {
        var places = new Dictionary<string, (ulong Place, Operation? Pop)>();
        foreach (Operation pop in evidence.History.Operations)
        {
            bool isDelivery = pop.Kind == OperationKind.Pop && Request.IsDone(pop) && pop.Taken is not null;
            if (isDelivery && (!places.TryGetValue(pop.Taken!, out (ulong Place, Operation? Pop) known) || pop.Index < known.Place))
            {
                places[pop.Taken!] = (pop.Index, pop);
            }
        }

        for (int i = 0; i < evidence.History.Remaining.Count; i++)
        {
            places.TryAdd(evidence.History.Remaining[i].Body, (ulong.MaxValue - (ulong)(evidence.History.Remaining.Count - i), null));
        }

        return places;
    }

    private static Finding? Judge(Request[] publishes, Dictionary<string, (ulong Place, Operation? Pop)> gone)
    {
        Request[] byEnd = [.. publishes.OrderBy(publish => publish.FirstDone!.EndedAt)];
        string? latest = null;
        int ended = 0;
        foreach (Request publish in publishes.OrderBy(publish => publish.BeginsAt))
        {
            for (; ended < byEnd.Length && byEnd[ended].FirstDone!.EndedAt < publish.BeginsAt; ended++)
            {
                string earlier = byEnd[ended].Identity.Body!;
                bool isLater = gone.TryGetValue(earlier, out (ulong Place, Operation? Pop) delivery) && (latest is null || delivery.Place > gone[latest].Place);
                latest = isLater ? earlier : latest;
            }

            string body = publish.Identity.Body!;
            if (latest is not null && gone.TryGetValue(body, out (ulong Place, Operation? Pop) own) && own.Place < gone[latest].Place)
            {
                string how = $"{body}: {Told(own.Pop)}; {latest}: {Told(gone[latest].Pop)}";
                return new Finding("I17", $"client {publish.Client} published {latest}, then {body}, and they went the other way: {how}");
            }
        }

        return null;
    }

    private static string Told(Operation? pop) => pop is null ? "left at the end" : InWords.Of(pop);
}
