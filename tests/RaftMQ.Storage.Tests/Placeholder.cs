namespace RaftMQ.Storage.Tests;

public sealed class Placeholder
{
    [Fact]
    public void The_project_builds() => true.ShouldBeTrue();
}
