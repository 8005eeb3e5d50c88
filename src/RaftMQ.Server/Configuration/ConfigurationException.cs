namespace RaftMQ.Server.Configuration;

/// <summary>The configuration is wrong.</summary>
/// <param name="place">Which key, or which environment variable; empty if it is the whole file.</param>
/// <param name="reason">What is wrong with it and what to write instead.</param>
internal sealed class ConfigurationException(string place, string reason) : Exception(place.Length == 0 ? reason : $"{place}: {reason}");
