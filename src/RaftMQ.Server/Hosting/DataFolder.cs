using RaftMQ.Storage.Files;

namespace RaftMQ.Server.Hosting;

/// <summary>Opens a node's folder on this machine's disk.</summary>
internal static class DataFolder
{
    /// <summary>Creates the folder if it is missing, for this user alone, and opens it.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static IFileSystem Open(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return new PhysicalFileSystem(path);
    }

    /// <summary>Opens a folder that exists, to be read and never changed.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IFileSystem OpenReadOnly(string path) => PhysicalFileSystem.OpenReadOnly(path);
}
