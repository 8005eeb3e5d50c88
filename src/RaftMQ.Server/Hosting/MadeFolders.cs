namespace RaftMQ.Server.Hosting;

/// <summary>The folders of a path that were not there before: whoever makes them takes them away again when it comes to nothing.</summary>
internal sealed class MadeFolders
{
    private readonly List<string> _paths = [];

    /// <summary>Notes which folders a path lacks.</summary>
    public MadeFolders(string path)
    {
        for (string? folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)); folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
        {
            _paths.Add(folder);
        }
    }

    /// <summary>Removes those of them that are empty, the deepest first.</summary>
    public void Remove()
    {
        try
        {
            _paths.Where(Directory.Exists).ToList().ForEach(Directory.Delete);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Somebody has put something in: then it is no longer ours to remove.
        }
    }
}
