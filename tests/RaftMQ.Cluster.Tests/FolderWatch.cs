namespace RaftMQ.Cluster.Tests;

/// <summary>Sees at once what a node does on its disk, by the files that come and go in its folder.</summary>
internal static class FolderWatch
{
    /// <summary>Runs an action in the moment in which a file appears whose name begins so.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="prefix">How its name begins.</param>
    /// <param name="action">What is done, by the thread that has seen it.</param>
    /// <param name="isInVain">Whether it will not come.</param>
    /// <param name="otherwise">What to say if it never comes.</param>
    /// <returns>Whether it came.</returns>
    public static async Task<bool> WhenThereAsync(string folder, string prefix, Action action, Func<Task<bool>> isInVain, Func<string> otherwise)
    {
        int taken = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName };
        void Look(string path)
        {
            bool isIt = Path.GetFileName(path).StartsWith(prefix, StringComparison.Ordinal) && File.Exists(path);
            if (isIt && Interlocked.Exchange(ref taken, 1) == 0)
            {
                try
                {
                    action();
                    done.SetResult();
                }
                catch (Exception failure) when (failure is InvalidOperationException or IOException or System.ComponentModel.Win32Exception)
                {
                    done.SetException(failure);
                }
            }
        }

        watcher.Created += (_, appeared) => Look(appeared.FullPath);
        watcher.EnableRaisingEvents = true;
        foreach (string path in Directory.GetFiles(folder, prefix + "*"))
        {
            Look(path);
        }

        await Eventually.TrueAsync(async () => done.Task.IsCompleted || await isInVain(), otherwise);
        if (Interlocked.Exchange(ref taken, 1) == 0)
        {
            return false;
        }

        await done.Task;
        return true;
    }
}
