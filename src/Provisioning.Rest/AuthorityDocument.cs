using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A certificate authority.</summary>
internal sealed record AuthorityDocument
{
    /// <summary>Its name in paths.</summary>
    /// <example>issuing</example>
    public required string Name { get; init; }

    /// <summary>The name of the authority that signed it; its own for a root.</summary>
    /// <example>root</example>
    public required string Issuer { get; init; }

    /// <summary>
    /// Whether devices' certificates are signed by it: the newest generation of the issuing authority. Those before it revoke what they issued.
    /// </summary>
    /// <example>true</example>
    public required bool IssuesToDevices { get; init; }

    /// <summary>Its subject.</summary>
    /// <example>CN=Provisioning Issuing CA 1F2A3B</example>
    public required string Subject { get; init; }

    /// <summary>Valid from, inclusive.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Valid until, inclusive.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>The kind of its key.</summary>
    /// <example>p256</example>
    [NamesOf(typeof(KeyAlgorithm))]
    public required string KeyAlgorithm { get; init; }

    /// <summary>
    /// SHA-256 of its certificate, upper-case hex: to be compared by whoever takes it for a trust anchor.
    /// </summary>
    public required string Thumbprint { get; init; }

    /// <summary>Where the CRL of what it signed is.</summary>
    /// <example>http://localhost:8080/crl/issuing.crl</example>
    public required string CrlAddress { get; init; }

    /// <summary>Its certificate, PEM.</summary>
    public required string Certificate { get; init; }

    internal static AuthorityDocument Of(Authority authority, AuthorityDirectory authorities, PublicAddresses addresses) => new()
    {
        Name = authority.Name,
        Issuer = authority.Record.Issuer,
        IssuesToDevices = authority == authorities.Issuing,
        Subject = authority.DisplayName,
        NotBefore = authority.NotBefore,
        NotAfter = authority.NotAfter,
        KeyAlgorithm = WireNames.Of(KindOfKey(authority)),
        Thumbprint = authority.Thumbprint.ToString(),
        CrlAddress = addresses.Crl(authority.Name),
        Certificate = CertificatePem.Write(authority.Certificate),
    };

    // From the certificate: the key itself may be kept elsewhere.
    private static KeyAlgorithm KindOfKey(Authority authority)
    {
        if (authority.Key is { } key) return key.Algorithm;
        using var certificate = X509CertificateLoader.LoadCertificate(authority.Certificate.Span);
        using var curve = certificate.PublicKey.GetECDsaPublicKey();
        using var rsa = curve is null ? certificate.PublicKey.GetRSAPublicKey() : null;
        return (curve?.KeySize ?? rsa?.KeySize) switch
        {
            256 => Core.Certificates.KeyAlgorithm.P256,
            384 => Core.Certificates.KeyAlgorithm.P384,
            521 => Core.Certificates.KeyAlgorithm.P521,
            2048 => Core.Certificates.KeyAlgorithm.Rsa2048,
            3072 => Core.Certificates.KeyAlgorithm.Rsa3072,
            _ => Core.Certificates.KeyAlgorithm.Rsa4096,
        };
    }
}

/// <summary>All authorities, the root first.</summary>
internal sealed record AuthorityListDocument
{
    /// <summary>The authorities.</summary>
    public required IReadOnlyList<AuthorityDocument> Items { get; init; }
}
