using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Provisioning.Cli.Api;

namespace Provisioning.Cli.Lots;

/// <summary>
/// Verifies the signed report of a lot (JWS, RFC 7515, compact) with nothing but the root certificate: who signed it, when, and that not
/// a bit of it was changed.
/// </summary>
internal static class SignedReport
{
    private const string Type = "provisioning-lot-report+jws";
    private const int KnownVersion = 1;

    // id-kp-documentSigning, RFC 9336. Devices have certificates below the same root; only one for this counts.
    private const string DocumentSigning = "1.3.6.1.5.5.7.3.36";

    /// <summary>Verifies a report.</summary>
    /// <param name="jws">The report as it was downloaded.</param>
    /// <param name="root">Whom to trust.</param>
    /// <returns>What it says, as a document and as JSON.</returns>
    /// <exception cref="FailureException">It is not good.</exception>
    internal static (LotReport Report, JsonElement Json) Verify(string jws, X509Certificate2 root)
    {
        try
        {
            if (jws.Split('.') is not [var header, var payload, var signature]) throw Bad("it has not three parts");
            using var described = JsonDocument.Parse(Decode(header));
            var of = described.RootElement;
            if (of.GetProperty("alg").GetString() != "ES256") throw Bad("it is not signed with ES256");
            if (of.GetProperty("typ").GetString() != Type) throw Bad("it is no report of a lot");
            var chain = of.GetProperty("x5c").EnumerateArray()
                .Select(one => X509CertificateLoader.LoadCertificate(one.GetBytesFromBase64())).ToList();
            if (chain.Count < 2) throw Bad("it does not say who signed it");
            using var key = chain[0].GetECDsaPublicKey() ?? throw Bad("the signer's key is not one for ES256");
            if (key.KeySize != 256 || !key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{payload}"), Decode(signature), HashAlgorithmName.SHA256))
                throw Bad("its signature does not verify");

            var json = JsonDocument.Parse(Decode(payload)).RootElement;
            if (json.GetProperty("version").GetInt32() != KnownVersion) throw Bad("its version is not known here");
            var report = json.Deserialize(ApiJson.TypeOf<LotReport>()) ?? throw Bad("it is empty");
            VerifySigner(chain, root, report.SignedAt);
            var counts = report.Counts;
            return counts.Issued == counts.Activated + counts.Scrapped + counts.Unaccounted
                ? (report, json)
                : throw Bad("its numbers do not add up");
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException or CryptographicException
            or KeyNotFoundException or InvalidOperationException)
        {
            throw Bad("it cannot be read", malformed);
        }
    }

    /// <summary>What is wrong with a report.</summary>
    internal static FailureException Bad(string why, Exception? cause = null) =>
        new(ExitCode.Failed, "report-not-good", $"The report is NOT good: {why}.", cause);

    private static void VerifySigner(List<X509Certificate2> chain, X509Certificate2 root, DateTimeOffset signedAt)
    {
        using var path = new X509Chain { ChainPolicy = TlsTrust.Policy([root]) };
        path.ChainPolicy.VerificationTime = signedAt.UtcDateTime;
        path.ChainPolicy.ExtraStore.AddRange(chain.Skip(1).ToArray());
        path.ChainPolicy.ApplicationPolicy.Add(new Oid(DocumentSigning));
        if (!path.Build(chain[0])) throw Bad("the signer is not certified for reports below this root");

        // An extension that is missing would allow everything.
        var usages = chain[0].Extensions.OfType<X509EnhancedKeyUsageExtension>().SingleOrDefault()?.EnhancedKeyUsages;
        if (usages?.Cast<Oid>().Any(usage => usage.Value == DocumentSigning) != true) throw Bad("the signer's certificate is not one for reports");
    }

    // In its one spelling: another one of the same octets would be a report that nobody has signed so.
    private static byte[] Decode(string part)
    {
        var octets = Base64Url.DecodeFromChars(part);
        return Base64Url.EncodeToString(octets) == part ? octets : throw new FormatException("It is not base64url.");
    }
}
