namespace RaftMQ.Server.Logging;

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    /// <summary>For people: time, level, sentence.</summary>
    Text,

    /// <summary>For machines: one JSON object a line.</summary>
    Json,
}
