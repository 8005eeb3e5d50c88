using RaftMQ.Storage.Files;

namespace RaftMQ.Storage;

/// <summary>Emptying a data folder whose cluster never came to be. A crash half way leaves a mark, so that the next start goes on and never takes the rest for a log.</summary>
public static class DataFolder
{
    internal const string DiscardMark = "discard";

    private const string LockFile = "lock";

    /// <summary>Removes everything but the lock, durably.</summary>
    public static void Discard(IFileSystem files)
    {
        files.Create(DiscardMark).Dispose();
        files.SyncFolder();
        FinishDiscard(files);
    }

    /// <summary>Goes on with a discard that a crash interrupted. To be called before anything else is read from the folder.</summary>
    public static void FinishDiscard(IFileSystem files)
    {
        if (!files.List().Contains(DiscardMark))
        {
            return;
        }

        foreach (string name in files.List())
        {
            if (name is not (DiscardMark or LockFile))
            {
                files.Delete(name);
            }
        }

        files.SyncFolder();
        files.Delete(DiscardMark);
        files.SyncFolder();
    }
}
