using System.Diagnostics;

namespace RaftMQ.Cluster.Tests;

/// <summary>A small file system of its own, mounted by the test and let go at its end. Where that is not permitted the test is skipped and says why.</summary>
internal sealed class MountedDisk : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("raftmq-disk-").FullName;

    private MountedDisk()
    {
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => System.IO.Path.Combine(_folder, "mounted");

    /// <summary>The bytes that are free.</summary>
    public long FreeBytes => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>ext4 in a file, through a loop device: blocks, a journal and syncs as on a real disk.</summary>
    public static MountedDisk InFile(int bytes)
    {
        var disk = new MountedDisk();
        string image = System.IO.Path.Combine(disk._folder, "image");
        using (FileStream file = File.Create(image))
        {
            file.SetLength(bytes);
        }

        disk.Require(Run("mkfs.ext4", "-q", "-F", "-m", "0", image) ?? Run("mount", "-o", "loop", image, disk.Path));
        return disk;
    }

    /// <summary>In memory.</summary>
    public static MountedDisk InMemory(int bytes)
    {
        var disk = new MountedDisk();
        disk.Require(Run("mount", "-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", disk.Path));
        return disk;
    }

    /// <summary>Leaves room for so many files.</summary>
    public void LimitFiles(int count) => Run("mount", "-o", $"remount,nr_inodes={count}", Path).ShouldBeNull();

    /// <summary>Takes room away, by a file.</summary>
    /// <returns>Its path.</returns>
    public string Fill(long bytes)
    {
        string path = System.IO.Path.Combine(Path, $"filler-{Guid.NewGuid():N}");
        new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, PreallocationSize = bytes }).Dispose();
        return path;
    }

    /// <summary>Lets every write and sync wait for so long (FIFREEZE). A process of its own sees to the end of it, whatever becomes of the test.</summary>
    public async Task StallAsync(TimeSpan duration)
    {
        const string Script = """fsfreeze --freeze "$1" && sleep "$2"; fsfreeze --unfreeze "$1" """;
        string seconds = duration.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        (await Task.Run(() => Run("sh", "-c", Script, "sh", Path, seconds))).ShouldBeNull();
    }

    public void Dispose()
    {
        // A process that was ended a moment ago may still be leaving.
        string? objection = Run("umount", Path) is null ? null : Run("umount", "--lazy", Path);
        objection.ShouldBeNull("the file system is let go");
        Directory.Delete(_folder, recursive: true);
    }

    private void Require(string? objection)
    {
        if (objection is not null)
        {
            Directory.Delete(_folder, recursive: true);
            Assert.Skip($"no file system can be mounted here ({objection}): run as root, with loop devices, to test full disks");
        }
    }

    /// <summary>Runs a program.</summary>
    /// <returns>Null if it did what it should; otherwise what it said.</returns>
    private static string? Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            string said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{program} ended with {process.ExitCode}: {said.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
