using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Births;

/// <summary>An authority of a manufacturer: a trust anchor itself, or one below it.</summary>
public sealed record BirthIssuer
{
    internal BirthIssuer(ForeignCertificate certificate, BirthIssuer? above)
    {
        Certificate = certificate;
        Above = above;
        KeyThumbprint = Digest.Of(certificate.SubjectPublicKeyInfo.Span);
        Identity = Digest.Of([.. certificate.Subject.Span, .. certificate.SubjectPublicKeyInfo.Span]);
        Remaining = Math.Min(certificate.PathLength ?? int.MaxValue, above is null ? int.MaxValue : above.Remaining - 1);
    }

    /// <summary>Its certificate, DER.</summary>
    public ReadOnlyMemory<byte> Der => Certificate.Der;

    /// <summary>SHA-256 of its SubjectPublicKeyInfo.</summary>
    public Digest KeyThumbprint { get; }

    /// <summary>SHA-256 of its name and its SubjectPublicKeyInfo: authorities of one identity have one CRL, whatever trust anchor they are of.</summary>
    public Digest Identity { get; }

    /// <summary>Its newest CRL, or null.</summary>
    public ManufacturerCrl? Crl { get; init; }

    internal ForeignCertificate Certificate { get; }

    /// <summary>The one above it, or null for the trust anchor.</summary>
    internal BirthIssuer? Above { get; init; }

    /// <summary>How many authorities may still be below it.</summary>
    internal int Remaining { get; }

    /// <summary>Whether it made a signature.</summary>
    internal bool HasSigned(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var verifier = new AuthorityVerifier(Der);
        return verifier.IsGood(algorithm, data, signature);
    }
}
