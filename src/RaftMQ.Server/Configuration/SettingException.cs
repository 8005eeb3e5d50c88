namespace RaftMQ.Server.Configuration;

/// <summary>A value of the configuration is wrong. The message says why, without naming the place: whoever catches it knows that.</summary>
internal sealed class SettingException(string message) : Exception(message);
