using System.Collections;

namespace RaftMQ.Server.Configuration;

/// <summary>Environment variables that begin with <c>RAFTMQ_</c> and override keys of the file.</summary>
internal static class EnvironmentOverrides
{
    /// <summary>The process's own environment.</summary>
    public static IReadOnlyDictionary<string, string> OfProcess() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");

    /// <summary>Applies the variables.</summary>
    /// <param name="configuration">What the file says.</param>
    /// <param name="environment">All variables.</param>
    /// <param name="warnings">Variables that begin alike and mean nothing. Not errors: container platforms invent such names for services called
    /// raftmq.</param>
    /// <exception cref="ConfigurationException">A value is wrong; the message begins with the variable's name.</exception>
    public static ServeConfiguration Apply(
        ServeConfiguration configuration, IReadOnlyDictionary<string, string> environment, out IReadOnlyList<string> warnings)
    {
        var odd = new List<string>();
        foreach ((string name, string value) in environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal))
            {
                continue;
            }

            Setting? setting = Settings.All.FirstOrDefault(each => each.Variable == name);
            if (setting is null)
            {
                string nearest = ConfigurationKeys.Nearest(name, Settings.All.Select(each => each.Variable));
                odd.Add($"the environment variable {name} means nothing to RaftMQ; the nearest that does is {nearest}");
                continue;
            }

            configuration = Apply(configuration, setting, value);
        }

        warnings = odd;
        return configuration;
    }

    private static ServeConfiguration Apply(ServeConfiguration configuration, Setting setting, string value)
    {
        try
        {
            ServeConfiguration changed = setting.Set(configuration, value);
            return setting.Key == Settings.DataFolder ? changed with { DataFolder = Path.GetFullPath(changed.DataFolder) } : changed;
        }
        catch (SettingException wrong)
        {
            throw new ConfigurationException(setting.Variable, wrong.Message);
        }
    }
}
