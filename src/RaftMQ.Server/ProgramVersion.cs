using System.Reflection;

namespace RaftMQ.Server;

/// <summary>Which RaftMQ this is.</summary>
internal static class ProgramVersion
{
    /// <summary>As <c>0.1.0</c>, without the commit that the build appends to it.</summary>
    public static string Number { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
