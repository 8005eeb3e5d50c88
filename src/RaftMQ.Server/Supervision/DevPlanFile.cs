using System.Text.Json;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;

namespace RaftMQ.Server.Supervision;

/// <summary>
/// The plan of a <c>dev</c> cluster on disk, <c>dev.json</c>, and what follows from it: each node's configuration. Whoever changes the plan replaces the file; the supervisor
/// looks at it and does what it says.
/// </summary>
internal static class DevPlanFile
{
    /// <summary>Reads a plan; null if there is none.</summary>
    /// <exception cref="CommandFailedException">It is none that <see cref="Write"/> wrote.</exception>
    public static DevPlan? Read(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            var plan = new DevPlan(
                json.RootElement.GetProperty("clientPort").GetInt32(),
                [.. json.RootElement.GetProperty("nodes").EnumerateArray().Select(node => new DevNode(
                    node.GetProperty("node").GetInt32(), node.GetProperty("peerPort").GetInt32(), node.GetProperty("joins").GetBoolean()))]);
            return ObjectionTo(plan) is { } objection ? throw new JsonException(objection) : plan;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CommandFailedException(
                ExitCode.Configuration, $"{path} is not what `raftmq dev` wrote: {wrong.Message}; put it back, or begin anew with another folder (--data)");
        }
    }

    public static void Write(string path, DevPlan plan) => WriteJson(path, json =>
    {
        json.WriteNumber("clientPort", plan.FirstClientPort);
        json.WriteStartArray("nodes");
        foreach (DevNode node in plan.Nodes)
        {
            json.WriteStartObject();
            json.WriteNumber("node", node.Number);
            json.WriteNumber("peerPort", node.PeerPort);
            json.WriteBoolean("joins", node.Joins);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Writes the configuration that a node is started with.</summary>
    public static void WriteConfiguration(string path, string dataFolder, DevNode self, DevPlan plan) => WriteJson(path, json =>
    {
        json.WriteNumber("nodeId", self.Number);
        json.WriteString("dataFolder", dataFolder);
        if (self.Joins && plan.Nodes.FirstOrDefault(node => node != self) is { } other)
        {
            json.WriteString("join", plan.ClientUrl(other.Number).ToString());
        }

        json.WriteStartArray("members");
        foreach (DevNode member in plan.Nodes)
        {
            json.WriteStartObject();
            json.WriteNumber("id", member.Number);
            json.WriteString("client", plan.ClientAddress(member.Number));
            json.WriteString("peer", member.PeerAddress);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static string? ObjectionTo(DevPlan plan)
    {
        int[] numbers = [.. plan.Nodes.Select(node => node.Number)];
        bool areNumbers = numbers.Length >= 1 && numbers[0] >= 1 && numbers.Zip(numbers.Skip(1)).All(pair => pair.First < pair.Second);
        bool arePorts = plan.FirstClientPort >= 1 && areNumbers && plan.FirstClientPort <= DevPlan.LargestPort - numbers[^1] + 1
            && plan.Nodes.All(node => node.PeerPort is >= 1 and <= DevPlan.LargestPort);
        return arePorts ? null : "its nodes are not numbers in ascending order with a port each";
    }

    private static void WriteJson(string path, Action<Utf8JsonWriter> write)
    {
        // Under another name first: whoever reads it, or is killed here, has the file of before, or this one, and never half of it.
        string temporary = path + ".tmp";
        using (FileStream file = File.Create(temporary))
        {
            using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        File.Move(temporary, path, overwrite: true);
    }
}
