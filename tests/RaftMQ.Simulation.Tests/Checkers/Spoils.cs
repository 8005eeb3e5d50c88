using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>How good histories are spoiled. Each way leaves a history that is wrong for certain, or finds no place and leaves it alone.</summary>
internal static class Spoils
{
    private const string Ghost = "ghost";

    public static bool ExchangeInOrder(Draft draft) => Exchange(draft, (first, second) =>
        IsBefore(first, second) && IsBefore(draft.PublishOf(first.Taken!)!, draft.PublishOf(second.Taken!)!));

    public static bool Exchange(Draft draft) => Exchange(draft, (_, _) => true);

    public static bool PopTwice(Draft draft) => draft.Pair(draft.Pops, OfOneTopic) is var (first, second) && Do(() => second.Taken = first.Taken);

    public static bool PopGhost(Draft draft) => draft.Some(draft.Pops) is { } pop && Do(() => pop.Taken = Ghost);

    public static bool LoseFromLog(Draft draft) => draft.Some(RemainingPublishes(draft)) is { } publish && Do(() =>
    {
        draft.Committed.RemoveAt(draft.PositionOf(publish.Index));
        draft.Remaining.Remove((publish.Topic, publish.Body!));
    });

    public static bool LoseFromQueue(Draft draft) => draft.Remaining.Count > 0 && Do(() => draft.Remaining.RemoveAt(0));

    public static bool Return(Draft draft) => draft.Some(draft.Pops) is { } pop && Do(() => draft.Remaining.Insert(0, (pop.Topic, pop.Taken!)));

    public static bool SwapRemaining(Draft draft)
    {
        List<(string Topic, string Body)> left = draft.Remaining;
        int at = Enumerable.Range(0, Math.Max(0, left.Count - 1)).FirstOrDefault(i => left[i].Topic == left[i + 1].Topic && left[i] != left[i + 1], -1);
        return at >= 0 && Do(() => (left[at], left[at + 1]) = (left[at + 1], left[at]));
    }

    public static bool StoreGhost(Draft draft) => draft.Some(draft.Publishes) is { } publish && Do(() => draft.Append(publish.Topic, Ghost));

    public static bool StoreTwice(Draft draft) => draft.Some(RemainingPublishes(draft)) is { } publish && Do(() => draft.Append(publish.Topic, publish.Body!));

    public static bool DenyForCertain(Draft draft) => draft.Some(PoppedPublishes(draft)) is { } publish && Do(() => publish.Ending = Ending.NotDone);

    public static bool DenyByTheMachine(Draft draft) => draft.Some(PoppedPublishes(draft)) is { } publish && Do(() => publish.Outcome = QueueOutcome.TopicFullMessages);

    public static bool FindEmpty(Draft draft) =>
        draft.Some(RemainingPublishes(draft).Concat(PoppedPublishes(draft).Where(publish => IsBefore(publish, draft.PopOf(publish.Body!)!)))) is { } publish
        && Do(() => draft.Insert(publish.EndedAt, OperationKind.Pop, publish.Topic, QueueOutcome.Empty, publish.Index));

    public static bool FindNoTopic(Draft draft) => draft.Some(Creations(draft)) is { } made
        && Do(() => draft.Insert(made.EndedAt, OperationKind.Pop, made.Topic, QueueOutcome.NoSuchTopic, made.Index));

    public static bool LackTopic(Draft draft)
    {
        Operation? read = draft.Some(draft.Operations.Where(operation => operation.Topics is not null && KnownTopic(draft, operation) is not null));
        return read is not null && Do(() => read.Topics = [.. read.Topics!.Except([KnownTopic(draft, read)!])]);
    }

    public static bool ReadOld(Draft draft)
    {
        Operation? read = draft.Some(draft.Operations.Where(operation => operation.Topics is not null && DoneBefore(draft, operation).Any()));
        return read is not null && Do(() => read.Index = DoneBefore(draft, read).Max(earlier => earlier.Index) - 1);
    }

    public static bool InvertIndexes(Draft draft)
    {
        if (draft.Pair(draft.Publishes.Concat(draft.Pops), (first, second) => first.Topic != second.Topic && IsBefore(first, second)) is not var (first, second))
        {
            return false;
        }

        (CommittedCommand one, CommittedCommand other) = (draft.Committed[draft.PositionOf(first.Index)], draft.Committed[draft.PositionOf(second.Index)]);
        draft.Committed[draft.PositionOf(one.Index)] = one with { Payload = other.Payload };
        draft.Committed[draft.PositionOf(other.Index)] = other with { Payload = one.Payload };
        (first.Index, second.Index) = (second.Index, first.Index);
        return true;
    }

    public static bool StandBeforeSent(Draft draft)
    {
        Operation? Later(Operation publish) => draft.Operations.FirstOrDefault(other => Draft.IsDone(other) && other.Index > publish.Index);
        return draft.Some(draft.Publishes.Where(publish => Later(publish) is not null)) is { } publish && Do(() =>
        {
            Operation sentLate = Draft.Copy(publish, Later(publish)!.EndedAt + 1);
            (sentLate.Ending, sentLate.EndedAt) = (Ending.Open, long.MaxValue);
            draft.Replace(publish, sentLate);
        });
    }

    public static bool ComeOutBeforeSent(Draft draft) => draft.Some(PoppedPublishes(draft)) is { } publish && Do(() =>
    {
        Operation pop = draft.PopOf(publish.Body!)!;
        Operation sentLate = Draft.Copy(publish, pop.EndedAt + 1);
        sentLate.EndedAt = pop.EndedAt + 2;
        draft.Replace(publish, sentLate);
    });

    public static bool NameAnother(Draft draft) => draft.Pair(draft.Publishes, (_, _) => true) is var (first, second) && Do(() => first.Index = second.Index);

    public static bool LosePop(Draft draft) => draft.Some(draft.Pops) is { } pop && Do(() => draft.Committed.RemoveAt(draft.PositionOf(pop.Index)));

    public static bool TellOwnIndex(Draft draft)
    {
        Operation? told = draft.Some(draft.Operations.Where(operation => operation.Key is not null && Draft.IsDone(operation) && Repetition(draft, operation) is not null));
        return told is not null && Do(() => told.Index = Repetition(draft, told)!.Value);
    }

    public static bool RepeatWithAnother(Draft draft)
    {
        (Operation First, Operation Second)? repeated = draft.Pair(
            draft.Operations.Where(operation => operation is { Kind: OperationKind.Pop, Key: not null } && Draft.IsDone(operation)),
            (first, second) => first.Key == second.Key && first.Index == second.Index);
        Operation? other = repeated is null ? null : draft.Some(draft.Pops.Where(pop => pop.Topic == repeated.Value.First.Topic));
        return other is not null && Do(() => repeated!.Value.Second.Taken = other.Taken);
    }

    public static bool TakeReusedKey(Draft draft) =>
        draft.Some(draft.Operations.Where(operation => operation.Outcome == QueueOutcome.RequestKeyReused)) is { } refused && Do(() => refused.Outcome = QueueOutcome.Done);

    public static bool FindTopicEarly(Draft draft) => draft.Some(Creations(draft)) is { } made && Do(() => made.Outcome = QueueOutcome.TopicExists);

    public static bool HandOutDropped(Draft draft) =>
        draft.Some(DroppedPublishes(draft)) is { } publish && draft.Some(draft.Pops.Where(pop => pop.Topic == publish.Topic && IsBefore(publish, pop))) is { } pop
        && Do(() => pop.Taken = publish.Body);

    public static bool ReturnDropped(Draft draft) =>
        draft.Some(DroppedPublishes(draft)) is { } publish && Do(() => draft.Remaining.Insert(0, (publish.Topic, publish.Body!)));

    public static bool CountOneMore(Draft draft) =>
        draft.Some(draft.Dropped.Keys.Where(topic => draft.Dropped[topic] > 0)) is { } topic && Do(() => draft.Dropped[topic]++);

    private static bool Exchange(Draft draft, Func<Operation, Operation, bool> fits) =>
        draft.Pair(draft.Pops, (first, second) => OfOneTopic(first, second) && fits(first, second)) is var (first, second)
        && Do(() => (first.Taken, second.Taken) = (second.Taken, first.Taken));

    private static bool Do(Action spoil)
    {
        spoil();
        return true;
    }

    private static bool OfOneTopic(Operation first, Operation second) => first.Topic == second.Topic;

    private static bool IsBefore(Operation first, Operation second) => first.EndedAt < second.InvokedAt;

    private static IEnumerable<Operation> PoppedPublishes(Draft draft) => draft.Publishes.Where(publish => draft.PopOf(publish.Body!) is not null);

    private static IEnumerable<Operation> RemainingPublishes(Draft draft) => draft.Publishes.Where(publish => draft.Remaining.Contains((publish.Topic, publish.Body!)));

    /// <summary>Publishes whose messages no pop of the log took, and that are not left.</summary>
    private static IEnumerable<Operation> DroppedPublishes(Draft draft)
    {
        HashSet<ulong> taken = [.. draft.Replies.Values.Select(reply => reply.Body.Index)];
        return draft.Publishes.Where(publish => !taken.Contains(publish.Index) && !draft.Remaining.Contains((publish.Topic, publish.Body!)));
    }

    private static IEnumerable<Operation> Creations(Draft draft) => draft.Operations.Where(operation => operation.Kind == OperationKind.CreateTopic && Draft.IsDone(operation));

    private static IEnumerable<Operation> DoneBefore(Draft draft, Operation operation) => draft.Operations.Where(other => Draft.IsDone(other) && IsBefore(other, operation));

    /// <summary>A topic that was made before this was asked.</summary>
    private static string? KnownTopic(Draft draft, Operation read) => Creations(draft).FirstOrDefault(made => IsBefore(made, read))?.Topic;

    /// <summary>The index of a later command that was answered with the result of this one.</summary>
    private static ulong? Repetition(Draft draft, Operation first) =>
        draft.Replies.Where(reply => reply.Key > first.Index && reply.Value.Index == first.Index).Select(reply => (ulong?)reply.Key).FirstOrDefault();
}
