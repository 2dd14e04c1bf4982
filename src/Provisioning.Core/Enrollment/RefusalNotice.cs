using System.Text;
using Microsoft.Extensions.Logging;

namespace Provisioning.Core.Enrollment;

/// <summary>Notes every refusal once, whichever door answers with it: in a metric and in the log.</summary>
/// <param name="limit">How often a suspicious one is a warning.</param>
/// <param name="logger">Where it is written.</param>
public sealed partial class RefusalNotice(SuspicionLimit limit, ILogger<RefusalNotice> logger)
{
    /// <summary>The name of a refusal, on the wire and in logs: as in the code, in lower case and with hyphens.</summary>
    /// <param name="code">The refusal.</param>
    /// <returns>Such as <c>bad-csr</c>.</returns>
    public static string NameOf(RefusalCode code)
    {
        var name = new StringBuilder();
        foreach (var letter in code.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0) name.Append('-');
            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }

    /// <summary>Notes one.</summary>
    /// <param name="name">Its name on the wire.</param>
    /// <param name="code">The refusal of the core, or null where HTTP itself led to it.</param>
    /// <param name="caller">Who was refused, or null for a stranger.</param>
    public void Note(string name, RefusalCode? code, Caller? caller)
    {
        CoreMetrics.Refused(name);
        var actor = caller?.Actor ?? "anonymous";

        // Asking to become an authority, or for a certificate over an authority's key, is an attack or a grave mistake.
        if (code is RefusalCode.CaRequested or RefusalCode.BadKey && limit.MayWarn(name, actor)) Log.Suspicious(logger, name, actor);
        else Log.Refused(logger, name, actor);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Refused {Code} for {Actor}")]
        internal static partial void Refused(ILogger logger, string code, string actor);

        [LoggerMessage(2, LogLevel.Warning, "Refused {Code} for {Actor}")]
        internal static partial void Suspicious(ILogger logger, string code, string actor);
    }
}
