using System.Buffers;
using System.Net;

using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Reads a dNSName (RFC 5280 §4.2.1.6: the preferred name syntax of RFC 1034 §3.5, as changed by RFC 1123 §2.1).
/// Wildcards are refused: no profile grants one to a device.
/// </summary>
internal static class HostName
{
    private const int MaxLength = 253;
    private const int MaxLabel = 63;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    public static Refusal? Read(ReadOnlySpan<byte> octets, out GeneralName? name)
    {
        // Latin-1, so that each octet is one character and none of those above ASCII is in the set.
        var text = System.Text.Encoding.Latin1.GetString(octets).ToLowerInvariant();
        var refusal = Check(text);
        name = refusal is null ? new GeneralName.Dns(text) : null;
        return refusal;
    }

    /// <summary>Checks a name in lower case.</summary>
    /// <returns>Null, or why not.</returns>
    public static Refusal? Check(string text)
    {
        if (text.Length is 0 or > MaxLength || text.AsSpan().ContainsAnyExcept(Allowed))
        {
            return RequestRefusals.BadCsr(
                $"A DNS name is empty, longer than {MaxLength} characters, or holds something else than letters, "
                + "digits, "
                + "hyphens and dots. Wildcards are not issued.");
        }

        foreach (var range in text.AsSpan().Split('.'))
        {
            if (!IsLabel(text.AsSpan(range)))
            {
                return RequestRefusals.BadCsr(
                    "A DNS name has a label that is empty, longer than 63 characters, starts or ends with a "
                    + "hyphen, or is "
                    + "not a valid internationalized label.");
            }
        }

        // An address in a dNSName would be taken for one (RFC 6125 §1.7.2); resolvers read a last label of digits so.
        var last = text.AsSpan(text.LastIndexOf('.') + 1);
        return last.IndexOfAnyExceptInRange('0', '9') < 0 || IPAddress.TryParse(text, out _)
            ? RequestRefusals.BadCsr("A DNS name is an IP address or ends with a number.")
            : null;
    }

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > MaxLabel || label[0] == '-' || label[^1] == '-')
            return false;
        // RFC 5891 §4.2.3.1: hyphens in the third and fourth place mean an A-label, and nothing else.
        return label.Length < 4 || label[2] != '-' || label[3] != '-'
            || (label.StartsWith("xn--", StringComparison.Ordinal) && Punycode.IsLabel(label[4..]));
    }
}
