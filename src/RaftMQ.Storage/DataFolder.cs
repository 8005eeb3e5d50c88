using System.Text;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage;

/// <summary>
/// A data folder as a whole: emptied when its cluster never came to be, set aside when it is damaged. A crash half way leaves a mark, so that the next start goes on and never takes the
/// rest for a log.
/// </summary>
public static class DataFolder
{
    internal const string DiscardMark = "discard";

    /// <summary>The folder is damaged, and its text says how: it is to be set aside, and an older one that is set aside goes first.</summary>
    internal const string DamagedMark = "damaged";

    /// <summary>The older ones are gone; the files of this one are being renamed.</summary>
    internal const string AsideMark = "setting-aside";

    private const string UnfinishedMark = "damaged.tmp";
    private const string AsidePrefix = "aside.";
    private const string LockFile = "lock";

    /// <summary>Removes everything but the lock, durably.</summary>
    public static void Discard(IFileSystem files)
    {
        files.Create(DiscardMark).Dispose();
        files.SyncFolder();
        FinishInterrupted(files);
    }

    /// <summary>
    /// Gives every file but the lock another name, <c>aside.NAME</c>, durably: the folder is empty then, and what it held is still there for a person. What was set aside before is removed,
    /// and so are files that are nobody's.
    /// </summary>
    /// <param name="files">The folder.</param>
    /// <param name="damage">What is damaged, in words; goes into <c>aside.damaged</c>.</param>
    /// <exception cref="DiskFullException">There is no room for that text, or for its name: nothing has changed.</exception>
    /// <exception cref="StorageFailedException">The disk had no room for another name when some files had theirs already; the next start goes on.</exception>
    /// <exception cref="IOException">The disk failed; the next start goes on.</exception>
    public static void SetAside(IFileSystem files, string damage)
    {
        try
        {
            using (IFile mark = files.Create(UnfinishedMark))
            {
                mark.Write(0, Encoding.UTF8.GetBytes(damage));
                mark.SyncData();
            }

            files.Rename(UnfinishedMark, DamagedMark);
        }
        catch (DiskFullException)
        {
            files.Delete(UnfinishedMark);
            throw;
        }

        try
        {
            files.SyncFolder();
            FinishInterrupted(files);
        }
        catch (DiskFullException e)
        {
            // The mark counts, and files may have their new names: nobody is to take this for a folder that was left as it is.
            throw new StorageFailedException($"{files.Description}: the damaged folder could not be set aside to the end: {e.Message}; the next start goes on", e);
        }
    }

    /// <summary>Goes on with what a crash interrupted. To be called before anything else is read from the folder.</summary>
    public static void FinishInterrupted(IFileSystem files)
    {
        if (files.List().Contains(DiscardMark))
        {
            FinishDiscard(files);
        }

        if (files.List().Contains(DamagedMark))
        {
            MakeRoomAside(files);
        }

        if (files.List().Contains(AsideMark))
        {
            FinishSetAside(files);
        }
    }

    /// <summary>Whether a file was set aside with a damaged folder: it is nobody's, but for a person.</summary>
    public static bool IsAside(string name) => name.StartsWith(AsidePrefix, StringComparison.Ordinal);

    /// <summary>
    /// Whether a file is no part of what a budget is for: what is aside, and the mark under which that is done, for which a folder must have room that has used its budget up.
    /// </summary>
    internal static bool TakesNoBudget(string name) => IsAside(name) || name is UnfinishedMark or DamagedMark or AsideMark;

    /// <summary>Whether a folder is being set aside, so that the next start empties it.</summary>
    public static bool IsBeingSetAside(IFileSystem files) => files.List().Any(name => name is DamagedMark or AsideMark);

    /// <summary>Whether a folder is being emptied, so that nothing in it counts any more.</summary>
    public static bool IsBeingDiscarded(IFileSystem files) => files.List().Contains(DiscardMark);

    /// <summary>Removes what was set aside.</summary>
    /// <returns>How many files that were.</returns>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public static int RemoveAside(IFileSystem files)
    {
        try
        {
            string[] names = [.. files.List().Where(IsAside)];
            foreach (string name in names)
            {
                files.Delete(name);
            }

            if (names.Length > 0)
            {
                files.SyncFolder();
            }

            return names.Length;
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{files.Description}: what was set aside could not be removed: {e.Message}", e);
        }
    }

    /// <summary>Whether <see cref="SetAside"/> removes a file.</summary>
    public static bool MayGo(string name) => IsAside(name) || SpareSegments.IsSpare(name) || name.EndsWith(".tmp", StringComparison.Ordinal);

    /// <summary>The name of a file once it is set aside.</summary>
    public static string AsideOf(string name) => AsidePrefix + name;

    private static void FinishDiscard(IFileSystem files)
    {
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

    /// <summary>What is aside already goes before a file of now has such a name: from the names alone nobody could tell the two apart.</summary>
    private static void MakeRoomAside(IFileSystem files)
    {
        foreach (string name in files.List())
        {
            if (MayGo(name))
            {
                files.Delete(name);
            }
        }

        files.SyncFolder();
        files.Rename(DamagedMark, AsideMark);
        files.SyncFolder();
    }

    private static void FinishSetAside(IFileSystem files)
    {
        foreach (string name in files.List())
        {
            if (!IsAside(name) && name is not (AsideMark or LockFile))
            {
                files.Rename(name, AsideOf(name));
            }
        }

        files.SyncFolder();
        files.Rename(AsideMark, AsideOf(DamagedMark));
        files.SyncFolder();
    }
}
