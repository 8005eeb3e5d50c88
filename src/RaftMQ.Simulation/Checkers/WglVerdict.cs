namespace RaftMQ.Simulation.Checkers;

/// <summary>What the search for a linearization came to.</summary>
public enum WglOutcome
{
    /// <summary>There is an order that explains everything.</summary>
    Linearizable,

    /// <summary>There is none.</summary>
    NotLinearizable,

    /// <summary>Not looked at: more operations than it takes, or more of them at the same time. The other checks have judged it.</summary>
    TooLarge,

    /// <summary>Not decided: the budget of steps is spent, or the history is none. No pass.</summary>
    Unknown,
}

/// <summary>The verdict on one topic.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Outcome">What the search came to.</param>
/// <param name="Explanation">Why, if not linearizable or not decided; otherwise empty.</param>
/// <param name="Operations">How many operations were to be put in order.</param>
/// <param name="Publishes">How many of them put something into the topic: without any there was nothing to judge.</param>
/// <param name="Steps">How many steps the search took.</param>
public sealed record WglVerdict(string Topic, WglOutcome Outcome, string Explanation, int Operations, int Publishes, long Steps);
