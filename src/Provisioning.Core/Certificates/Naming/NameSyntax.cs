using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Provisioning.Core.Certificates.Requests;

namespace Provisioning.Core.Certificates.Naming;

/// <summary>
/// What the names of a certificate must look like, and how a value is written into a place. A check answers with what is wrong, as
/// words that follow "it", or null.
/// </summary>
internal static class NameSyntax
{
    /// <summary>The most characters of a permanentIdentifier, and octets of a hardware module's serial number.</summary>
    internal const int MaxIdentifier = 128;

    // RFC 3986 §2.3: what stands for itself wherever it is.
    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    // X.680 §41.4.
    private static readonly SearchValues<char> Printable =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?");

    private static readonly SearchValues<char> SpiffeSegment =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

    private static readonly SearchValues<char> SpiffeDomain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._");

    internal static bool IsPrintable(string text) => !text.AsSpan().ContainsAnyExcept(Printable);

    /// <summary>Text for people: no controls, nothing invisible or bidirectional, in normalization form C.</summary>
    internal static string? CheckText(string text, int maxLength)
    {
        // Most names, at a fraction of the cost.
        var isPlain = text.Length > 0 && text.Length <= maxLength && text[0] != ' ' && text[^1] != ' '
            && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
        return isPlain ? null : NameText.Check(text, "it", maxLength)?.Detail["it ".Length..].TrimEnd('.');
    }

    /// <summary>A host name, in lower case (RFC 5280 §4.2.1.6, RFC 1034 §3.5, RFC 1123 §2.1).</summary>
    internal static string? CheckDns(string name) =>
        name.AsSpan().ContainsAnyInRange('A', 'Z') ? "is not in lower case" : HostName.Check(name) is null ? null : "is not a DNS name";

    /// <summary>An absolute URI whose host, if any, is a DNS name or an address (RFC 5280 §4.2.1.6); or a SPIFFE ID.</summary>
    internal static string? CheckUri(string uri)
    {
        if (uri.StartsWith("spiffe:", StringComparison.OrdinalIgnoreCase)) return CheckSpiffe(uri);
        if (UriName.Check(uri) is not null) return "is not an absolute URI that can name a device";
        var rest = uri.AsSpan(uri.IndexOf(':', StringComparison.Ordinal) + 1);
        var isHierarchical = rest.StartsWith("//", StringComparison.Ordinal) || rest.StartsWith('/');
        if (isHierarchical && HasDotSegment(rest)) return "is a URI with a path segment '.' or '..'";
        if (!rest.StartsWith("//", StringComparison.Ordinal)) return null;
        rest = rest[2..];
        var end = rest.IndexOfAny("/?#");
        return IsHost(end < 0 ? rest : rest[..end]) ? null : "is a URI whose host is neither a DNS name nor an address";
    }

    /// <summary>An object identifier in dotted form, as short as it can be written.</summary>
    internal static bool IsOid(string text)
    {
        if (text.Length is < 3 or > 128) return false;
        var arcs = text.Split('.');
        if (arcs.Length < 2 || arcs.Any(arc => arc.Length == 0 || !arc.All(char.IsAsciiDigit) || arc is ['0', _, ..])) return false;
        return arcs[0] is "2" || (arcs[0] is "0" or "1" && int.TryParse(arcs[1], out var second) && second < 40);
    }

    /// <summary>An address as .NET prints it; null when the text is none in its usual form.</summary>
    internal static string? ToAddress(string text)
    {
        if (!IPAddress.TryParse(text, out var address) || text.AsSpan().ContainsAny("%[]/")) return null;
        var usual = address.ToString();
        return address.AddressFamily == AddressFamily.InterNetworkV6 || usual == text ? usual : null;
    }

    /// <summary>A value inside a longer DNS name: lower case, and a part of one label, so that it cannot move the name to another domain.</summary>
    internal static string? InDns(string value) => value.Contains('.', StringComparison.Ordinal) ? null : ToLower(value);

    /// <summary>In lower case; null where that would make an ASCII letter of one that is none (the Kelvin sign).</summary>
    internal static string? ToLower(string value) => Ascii.IsValid(value) ? value.ToLowerInvariant() : null;

    /// <summary>A value inside a longer URI: what is not unreserved is percent-encoded (RFC 3986 §2.1).</summary>
    internal static string InUri(string value)
    {
        if (!value.AsSpan().ContainsAnyExcept(Unreserved)) return value;
        var text = new StringBuilder(value.Length + 8);
        foreach (var octet in System.Text.Encoding.UTF8.GetBytes(value))
        {
            if (Unreserved.Contains((char)octet)) text.Append((char)octet);
            else text.Append('%').Append(octet.ToString("X2", null));
        }

        return text.ToString();
    }

    // SPIFFE-ID §2: a trust domain of its own characters, a path of plain segments, and nothing else.
    private static string? CheckSpiffe(string uri)
    {
        const string wrong = "is not a SPIFFE ID (spiffe://, a trust domain, and segments of letters, digits, '-', '.' and '_')";
        const string scheme = "spiffe://";
        if (!uri.StartsWith(scheme, StringComparison.Ordinal) || uri.Length > 2048) return wrong;
        var rest = uri.AsSpan(scheme.Length);
        var slash = rest.IndexOf('/');
        var domain = slash < 0 ? rest : rest[..slash];
        if (domain.Length is 0 or > 255 || domain.ContainsAnyExcept(SpiffeDomain)) return wrong;
        if (slash < 0) return null;
        foreach (var range in rest[(slash + 1)..].Split('/'))
        {
            var segment = rest[(slash + 1)..][range];
            if (segment.IsEmpty || segment is "." or ".." || segment.ContainsAnyExcept(SpiffeSegment)) return wrong;
        }

        return null;
    }

    private static bool HasDotSegment(ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAny('?', '#');
        var path = end < 0 ? rest : rest[..end];
        foreach (var range in path.Split('/'))
            if (path[range] is "." or "..") return true;
        return false;
    }

    private static bool IsHost(ReadOnlySpan<char> authority)
    {
        if (authority.StartsWith('['))
        {
            var end = authority.IndexOf(']');
            return end > 0 && IPAddress.TryParse(authority[1..end], out _) && IsPort(authority[(end + 1)..]);
        }

        var colon = authority.IndexOf(':');
        var host = (colon < 0 ? authority : authority[..colon]).ToString();
        return IsPort(colon < 0 ? [] : authority[colon..])
            && (ToAddress(host) is not null || HostName.Check(host.ToLowerInvariant()) is null);
    }

    private static bool IsPort(ReadOnlySpan<char> port) =>
        port.IsEmpty || (port[0] == ':' && port[1..].IndexOfAnyExceptInRange('0', '9') < 0);
}
