using System.CommandLine;

namespace RaftMQ.Server.Commands;

/// <summary>A command whose help ends with an example to paste.</summary>
/// <param name="name">How it is called.</param>
/// <param name="description">One line for the list of commands.</param>
/// <param name="example">Command lines, one a line.</param>
internal sealed class CommandWithExample(string name, string description, string example) : Command(name, description)
{
    public string Example { get; } = example;
}
