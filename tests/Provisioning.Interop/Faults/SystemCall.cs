using System.Globalization;
using System.Text;

namespace Provisioning.Interop.Faults;

/// <summary>One line of strace with the options that <see cref="Strace"/> gives it. Times are Unix microseconds.</summary>
internal sealed record SystemCall(long Begin, long End, string Name, IReadOnlyList<string> Arguments, long Result, string? ResultPath)
{
    /// <summary>The number of the file that the first argument is.</summary>
    internal int Descriptor => int.Parse(Arguments[0].Split('<')[0], CultureInfo.InvariantCulture);

    /// <summary>The path, or <c>socket:[…]</c>, of the file that the first argument is.</summary>
    internal string File => PathOf(Arguments[0]);

    /// <summary>An argument that is a path.</summary>
    internal string Path(int argument) => Encoding.UTF8.GetString(Octets(argument));

    /// <summary>An argument that is data.</summary>
    internal byte[] Octets(int argument) => Unescape(Arguments[argument].Trim('"'));

    /// <summary>An argument that is a number.</summary>
    internal long Number(int argument) => long.Parse(Arguments[argument], CultureInfo.InvariantCulture);

    /// <summary>Null for lines that are no calls, or calls that did not return.</summary>
    internal static SystemCall? TryParse(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var open = line.IndexOf('(', StringComparison.Ordinal);
        var close = line.LastIndexOf(") = ", StringComparison.Ordinal);
        var took = line.LastIndexOf(" <", StringComparison.Ordinal);
        if (space < 0 || open < space || close < open || took < close) return null;
        var begin = Microseconds(line[..space]);
        var result = line[(close + 4)..took].Split(' ')[0];
        if (result == "?") return null;
        var path = result.IndexOf('<', StringComparison.Ordinal);
        return new SystemCall(
            begin,
            begin + Microseconds(line[(took + 2)..].TrimEnd('>')),
            line[(space + 1)..open],
            line[(open + 1)..close].Split(", "),
            long.Parse(path < 0 ? result : result[..path], CultureInfo.InvariantCulture),
            path < 0 ? null : PathOf(result));
    }

    private static string PathOf(string descriptor)
    {
        var start = descriptor.IndexOf('<', StringComparison.Ordinal);
        return start < 0 ? "" : Encoding.UTF8.GetString(Unescape(descriptor[(start + 1)..descriptor.LastIndexOf('>')]));
    }

    private static long Microseconds(string seconds) => (long)(decimal.Parse(seconds, CultureInfo.InvariantCulture) * 1_000_000);

    // Every octet is \xNN, but in a few names that strace makes up itself.
    private static byte[] Unescape(string text) =>
        text.StartsWith("\\x", StringComparison.Ordinal)
            ? Convert.FromHexString(text.Replace("\\x", "", StringComparison.Ordinal))
            : Encoding.UTF8.GetBytes(text);
}
