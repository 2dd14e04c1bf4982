using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Encoding;

namespace Provisioning.Core.Lots;

/// <summary>Verifies the report of a lot as the customer does, and against the lot on record.</summary>
internal static class LotReportVerifier
{
    /// <summary>Verifies.</summary>
    /// <returns>What is wrong, or null.</returns>
    internal static string? Check(Lot lot, string report, AuthorityDirectory authorities)
    {
        if (!CompactJws.TryParse(report, out var jws)) return "is no signed report";
        try
        {
            using var header = JsonDocument.Parse(jws.Header);
            using var payload = JsonDocument.Parse(jws.Payload);
            return CheckHeader(header.RootElement) ? CheckSignature(jws, header.RootElement, authorities) ?? CheckContent(lot, payload.RootElement)
                : "has a header that no report has";
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            or CryptographicException or AsnContentException)
        {
            // Somebody has written to it: that is the finding.
            return "cannot be read";
        }
    }

    private static bool CheckHeader(JsonElement header) =>
        header.GetProperty("alg").GetString() == "ES256" && header.GetProperty("typ").GetString() == ReportKey.Type;

    private static string? CheckSignature(CompactJws jws, JsonElement header, AuthorityDirectory authorities)
    {
        var der = header.GetProperty("x5c")[0].GetBytesFromBase64();
        using var certificate = X509CertificateLoader.LoadCertificate(der);
        using var key = certificate.GetECDsaPublicKey();
        if (key is null || !jws.IsSignedBy(key)) return "has a signature that does not verify";
        var signed = SignedCertificate.Decode(der);
        var algorithm = new AsnReader(signed.Algorithm, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier();
        if (!authorities.Generations.Any(HasSigned)) return "is signed by somebody else";
        return certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .Any(usage => usage.EnhancedKeyUsages[Oids.DocumentSigning] is not null)
            ? null
            : "is signed with a certificate that is not for reports";

        bool HasSigned(Authority authority)
        {
            using var issuer = new AuthorityVerifier(authority);
            return issuer.IsGood(algorithm, signed.Tbs.Span, signed.Signature.Span);
        }
    }

    private static string? CheckContent(Lot lot, JsonElement payload)
    {
        if (payload.GetProperty("lot").GetString() != lot.Name) return "is that of another lot";
        var counts = payload.GetProperty("counts");
        return Is("ordered", lot.Definition.Quota) && Is("issued", lot.Issued) && Is("scrapped", lot.Scrapped) && Is("attemptsBeyond", lot.Beyond)
            ? null
            : "tells other numbers than the lot";

        bool Is(string name, long number) => counts.GetProperty(name).GetInt64() == number;
    }
}
