using System.Text.Json;

namespace RaftMQ.Server.Configuration;

/// <summary>A configuration, and what is odd about it without being wrong.</summary>
/// <param name="Configuration">Checked.</param>
/// <param name="Warnings">One line each.</param>
internal sealed record LoadedConfiguration(ServeConfiguration Configuration, IReadOnlyList<string> Warnings);

/// <summary>Reads the configuration file of <c>raftmq serve</c>, then the environment, then checks the whole.</summary>
internal static class ServeConfigurationLoader
{
    private const int MaxFileBytes = 1024 * 1024;

    // Comments and trailing commas are welcome in a file that people write; anything else must be JSON.
    private static readonly JsonDocumentOptions Format =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 };

    private static readonly string[] TopKeys = [.. Settings.All.Select(setting => setting.Key.Split('.')[0]).Append(Settings.Members).Distinct()];

    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="environment">The environment variables, of which those that begin with <c>RAFTMQ_</c> count.</param>
    /// <param name="join">What the command line says of <c>join</c>; it overrides both.</param>
    /// <exception cref="ConfigurationException">Something is wrong; the message is one line and names the file or the variable.</exception>
    public static LoadedConfiguration Load(string path, IReadOnlyDictionary<string, string> environment, string? join = null)
    {
        string name = Path.GetFileName(path);
        try
        {
            ServeConfiguration configuration = FromFile(ReadFile(path));
            configuration = configuration with { DataFolder = Beside(path, configuration.DataFolder) };
            configuration = EnvironmentOverrides.Apply(configuration, environment, out IReadOnlyList<string> warnings);
            configuration = join is null ? configuration : configuration with { Join = UrlOf(join) };
            ConfigurationRules.Check(configuration);
            return new LoadedConfiguration(configuration, warnings);
        }
        catch (ConfigurationException wrong) when (!wrong.Message.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal))
        {
            throw new ConfigurationException(name, wrong.Message);
        }
    }

    private static Uri UrlOf(string join)
    {
        try
        {
            return Settings.Url(join);
        }
        catch (SettingException wrong)
        {
            throw new ConfigurationException("--join", wrong.Message);
        }
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MaxFileBytes)
            {
                throw new ConfigurationException("", $"the file has {file.Length} bytes; a configuration has at most {MaxFileBytes}");
            }

            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException("", $"there is no such file: {Path.GetFullPath(path)}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException("", $"the file cannot be read: {failure.Message}");
        }
    }

    private static ServeConfiguration FromFile(ReadOnlyMemory<byte> json)
    {
        // Editors of some systems begin a file with a byte order mark; it says nothing.
        ReadOnlyMemory<byte> text = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, Format);
        }
        catch (JsonException wrong)
        {
            throw new ConfigurationException(JsonErrors.Place(wrong), "this is not JSON: " + JsonErrors.Reason(wrong));
        }

        using (document)
        {
            return FromObject(document.RootElement);
        }
    }

    private static ServeConfiguration FromObject(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException("", $"{JsonKind.Describe(root)} stands where an object belongs: {{ \"nodeId\": 1, … }}");
        }

        ConfigurationKeys.Check(root, "", TopKeys);
        var configuration = new ServeConfiguration();
        foreach (JsonProperty property in root.EnumerateObject())
        {
            configuration = property.Name == Settings.Members
                ? configuration with { Members = MembersReader.Read(property.Value) }
                : Set(configuration, property.Name, property.Value);
        }

        return configuration;
    }

    private static ServeConfiguration Set(ServeConfiguration configuration, string key, JsonElement value)
    {
        if (Settings.Find(key) is { } setting)
        {
            try
            {
                return setting.Set(configuration, value);
            }
            catch (SettingException wrong)
            {
                throw new ConfigurationException(key, wrong.Message);
            }
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException(key, $"{JsonKind.Describe(value)} stands where an object belongs");
        }

        string prefix = key + ".";
        IEnumerable<Setting> group = Settings.All.Where(each => each.Key.StartsWith(prefix, StringComparison.Ordinal));
        string[] known = [.. group.Select(each => each.Key[prefix.Length..])];
        ConfigurationKeys.Check(value, key, known);
        return value.EnumerateObject().Aggregate(configuration, (sofar, property) => Set(sofar, prefix + property.Name, property.Value));
    }

    // A relative folder of the file is meant beside the file, wherever the program is started.
    private static string Beside(string path, string folder) =>
        folder.Length == 0 ? folder : Path.GetFullPath(folder, Path.GetDirectoryName(Path.GetFullPath(path))!);
}
