namespace RaftMQ.Bench.Clusters;

/// <summary>A new folder for one run, removed at its end.</summary>
internal sealed class RunFolder : IDisposable
{
    private readonly Lock _removing = new();

    public RunFolder(string under)
    {
        Path = Directory.CreateDirectory(System.IO.Path.Combine(under, $"raftmq-bench-{Guid.NewGuid():n}")).FullName;
    }

    public string Path { get; }

    public void Dispose()
    {
        // By the one who uses it, or by an interruption, or by both at once.
        lock (_removing)
        {
            if (Directory.Exists(Path))
            {
                Directory.Delete(Path, recursive: true);
            }
        }
    }
}
