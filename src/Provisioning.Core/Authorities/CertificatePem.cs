using System.Security.Cryptography;
using System.Text;

namespace Provisioning.Core.Authorities;

/// <summary>Writes certificates as PEM (RFC 7468 §5).</summary>
public static class CertificatePem
{
    /// <summary>One certificate after the other, each with its line end.</summary>
    /// <param name="certificates">DER, from the end entity to the root.</param>
    /// <returns>The text, ASCII.</returns>
    public static string Write(params IEnumerable<ReadOnlyMemory<byte>> certificates)
    {
        var text = new StringBuilder();
        foreach (var certificate in certificates)
            text.Append(PemEncoding.Write("CERTIFICATE", certificate.Span)).Append('\n');
        return text.ToString();
    }
}
