using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RaftMQ.Server.Configuration;

/// <summary>A key of the configuration with one value: what it may be, and where it goes.</summary>
/// <param name="Key">The path in the file, as <c>limits.maxTopics</c>.</param>
internal abstract record Setting(string Key)
{
    /// <summary>What the name of every environment variable of RaftMQ begins with.</summary>
    public const string VariablePrefix = "RAFTMQ_";

    /// <summary>The environment variable that overrides it: <c>limits.maxTopics</c> is <c>RAFTMQ_LIMITS_MAX_TOPICS</c>.</summary>
    public string Variable { get; } = VariableOf(Key);

    /// <summary>The value as the file has it.</summary>
    /// <exception cref="SettingException">It is of the wrong type or out of bounds.</exception>
    public abstract ServeConfiguration Set(ServeConfiguration configuration, JsonElement value);

    /// <summary>The value as an environment variable has it.</summary>
    /// <exception cref="SettingException">It cannot be read as this setting's type, or is out of bounds.</exception>
    public abstract ServeConfiguration Set(ServeConfiguration configuration, string text);

    private static string VariableOf(string key)
    {
        var name = new StringBuilder(VariablePrefix);
        foreach (char character in key)
        {
            if (char.IsAsciiLetterUpper(character))
            {
                name.Append('_');
            }

            name.Append(character == '.' ? '_' : char.ToUpperInvariant(character));
        }

        return name.ToString();
    }
}

/// <summary>A whole number within bounds.</summary>
/// <param name="Key">The path in the file.</param>
/// <param name="Min">The least value.</param>
/// <param name="Max">The greatest value.</param>
/// <param name="Get">Reads it, also for its default.</param>
/// <param name="Put">Puts it in its place.</param>
internal sealed record NumberSetting(
    string Key, long Min, long Max, Func<ServeConfiguration, long> Get, Func<ServeConfiguration, long, ServeConfiguration> Put) : Setting(Key)
{
    public override ServeConfiguration Set(ServeConfiguration configuration, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            throw new SettingException($"{JsonKind.Describe(value)} stands where a number belongs; {Bounds}");
        }

        return value.TryGetInt64(out long number)
            ? Put(configuration, Checked(number))
            : throw new SettingException($"{value.GetRawText()} is not {Bounds}");
    }

    public override ServeConfiguration Set(ServeConfiguration configuration, string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? Put(configuration, Checked(number))
            : throw new SettingException($"\"{text}\" is not {Bounds}");

    private string Bounds => $"a whole number from {Min} to {Max}";

    private long Checked(long number) => number >= Min && number <= Max ? number : throw new SettingException($"{number} is not {Bounds}");
}

/// <summary>A text.</summary>
/// <param name="Key">The path in the file.</param>
/// <param name="Put">Reads the text and puts it in its place; throws <see cref="SettingException"/> if it is wrong.</param>
internal sealed record TextSetting(string Key, Func<ServeConfiguration, string, ServeConfiguration> Put) : Setting(Key)
{
    public override ServeConfiguration Set(ServeConfiguration configuration, JsonElement value) =>
        value.ValueKind == JsonValueKind.String
            ? Put(configuration, value.GetString()!)
            : throw new SettingException($"{JsonKind.Describe(value)} stands where a string belongs");

    public override ServeConfiguration Set(ServeConfiguration configuration, string text) => Put(configuration, text);
}

/// <summary>True or false.</summary>
/// <param name="Key">The path in the file.</param>
/// <param name="Put">Puts it in its place.</param>
internal sealed record SwitchSetting(string Key, Func<ServeConfiguration, bool, ServeConfiguration> Put) : Setting(Key)
{
    public override ServeConfiguration Set(ServeConfiguration configuration, JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? Put(configuration, value.GetBoolean())
            : throw new SettingException($"{JsonKind.Describe(value)} stands where true or false belongs");

    public override ServeConfiguration Set(ServeConfiguration configuration, string text) => text switch
    {
        "true" => Put(configuration, true),
        "false" => Put(configuration, false),
        _ => throw new SettingException($"\"{text}\" is neither true nor false"),
    };
}
