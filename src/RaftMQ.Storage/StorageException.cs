namespace RaftMQ.Storage;

/// <summary>A write or sync of allocated space failed: what is durable is no longer known, so the process ends (design, storage rule 4).</summary>
public sealed class StorageFailedException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The data folder holds damage that is no torn tail: the node does not start with it. The message says which file, where, and what to do.</summary>
public sealed class StorageDamagedException(string message) : Exception(message);

/// <summary>The data folder cannot be used by this node, and says why: it is locked, or belongs to another cluster or node, or is of a newer format.</summary>
public sealed class StorageRefusedException(string message) : Exception(message);
