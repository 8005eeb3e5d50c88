namespace RaftMQ.Simulation.Checkers;

/// <summary>What the search for a linearization came to.</summary>
public enum WglOutcome
{
    /// <summary>There is an order that explains everything.</summary>
    Linearizable,

    /// <summary>There is none.</summary>
    NotLinearizable,

    /// <summary>Not decided: too large, too concurrent, or the budget of steps is spent. No pass.</summary>
    Unknown,
}

/// <summary>The verdict on one topic.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Outcome">What the search came to.</param>
/// <param name="Explanation">Why, if not linearizable or not decided; otherwise empty.</param>
/// <param name="Operations">How many operations were to be put in order.</param>
/// <param name="Steps">How many steps the search took.</param>
public sealed record WglVerdict(string Topic, WglOutcome Outcome, string Explanation, int Operations, long Steps);
