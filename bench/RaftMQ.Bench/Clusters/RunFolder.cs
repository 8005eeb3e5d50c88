namespace RaftMQ.Bench.Clusters;

/// <summary>A new folder for one run, removed at its end.</summary>
internal sealed class RunFolder : IDisposable
{
    public RunFolder(string under)
    {
        Path = Directory.CreateDirectory(System.IO.Path.Combine(under, $"raftmq-bench-{Guid.NewGuid():n}")).FullName;
    }

    public string Path { get; }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
