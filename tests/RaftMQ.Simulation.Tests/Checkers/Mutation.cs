namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>A way to make a good history wrong.</summary>
/// <param name="Name">What is wrong then.</param>
/// <param name="SeenBy">The checks that must refuse it, each by itself, whatever the history was.</param>
/// <param name="TrySpoil">Spoils a draft; false if it has no place for it.</param>
internal sealed record Mutation(string Name, Check SeenBy, Func<Draft, bool> TrySpoil)
{
    private const Check IndexBlind = Check.Fifo | Check.Wgl;

    public static readonly Mutation[] All =
    [
        new("two pops, one after the other, exchange messages that were published one after the other", Check.LogOrder | IndexBlind, Spoils.ExchangeInOrder),
        new("two pops exchange their messages", Check.LogOrder, Spoils.Exchange),
        new("a pop gets what another got", Check.All, Spoils.PopTwice),
        new("a pop gets what nobody sent", Check.All, Spoils.PopGhost),
        new("an acknowledged message is neither in the log nor in the queue", Check.LogOrder | Check.Account, Spoils.LoseFromLog),
        new("a message of the log is not in the queue", Check.Account, Spoils.LoseFromQueue),
        new("a message that was popped is in the queue", Check.Account | IndexBlind, Spoils.Return),
        new("two messages that are left change places", Check.Account, Spoils.SwapRemaining),
        new("a message that nobody sent is in log and queue", Check.All, Spoils.StoreGhost),
        new("a message is in log and queue twice", Check.All, Spoils.StoreTwice),
        new("a publish whose message was popped was refused for certain", Check.All, Spoils.DenyForCertain),
        new("a publish whose message was popped was refused by the machine", Check.All, Spoils.DenyByTheMachine),
        new("a topic is found empty while a message is inside", Check.LogOrder | IndexBlind, Spoils.FindEmpty),
        new("a topic that was made is not found", Check.LogOrder | Check.Wgl, Spoils.FindNoTopic),
        new("a list lacks a topic that was made before", Check.LogOrder | Check.Wgl, Spoils.LackTopic),
        new("a read is of an index older than what was known", Check.LogOrder, Spoils.ReadOld),
        new("two commands to different topics stand in the log against the order of time", Check.LogOrder, Spoils.InvertIndexes),
        new("a command stands in the log before it was sent", Check.LogOrder, Spoils.StandBeforeSent),
        new("a message comes out before it was sent", Check.LogOrder | IndexBlind, Spoils.ComeOutBeforeSent),
        new("a reply names the index of another command", Check.LogOrder, Spoils.NameAnother),
        new("a pop is not in the log", Check.LogOrder, Spoils.LosePop),
        new("a repetition is told its own index", Check.LogOrder, Spoils.TellOwnIndex),
        new("a repeated pop gets another's message", Check.All, Spoils.RepeatWithAnother),
        new("a key that was used for another request is taken", Check.LogOrder, Spoils.TakeReusedKey),
        new("a message that was dropped is handed out", Check.LogOrder | Check.Account, Spoils.HandOutDropped),
        new("a message that was dropped is in the queue", Check.Account, Spoils.ReturnDropped),
        new("a topic counts one message more than it dropped", Check.Account, Spoils.CountOneMore),
        new("the first creation of a topic finds it there", Check.LogOrder, Spoils.FindTopicEarly),
    ];

    public override string ToString() => Name;
}
