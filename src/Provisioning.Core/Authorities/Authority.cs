using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>A certificate authority: its certificate's facts, and its key when the key is here.</summary>
public sealed class Authority : IDisposable
{
    private Authority(AuthorityRecord record, X509Certificate2 certificate, SigningKey? key)
    {
        Record = record;
        Key = key;
        SubjectName = certificate.SubjectName.RawData;
        NotBefore = new DateTimeOffset(certificate.NotBefore.ToUniversalTime(), TimeSpan.Zero);
        NotAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        DisplayName = certificate.Subject;
        KeyThumbprint = Digest.Of(certificate.PublicKey.ExportSubjectPublicKeyInfo());
        SubjectKeyIdentifier = certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>()
            .Select(extension => extension.SubjectKeyIdentifierBytes).FirstOrDefault();
        Thumbprint = Digest.Of(record.Certificate.Span);
    }

    /// <summary>What is on record.</summary>
    public AuthorityRecord Record { get; }

    /// <summary>The name in paths.</summary>
    public string Name => Record.Name;

    /// <summary>Its certificate, DER.</summary>
    public ReadOnlyMemory<byte> Certificate => Record.Certificate;

    /// <summary>True for a self-signed one.</summary>
    public bool IsRoot => Record.Name == Record.Issuer;

    /// <summary>Its private key, or null when that is kept elsewhere (an offline root).</summary>
    public SigningKey? Key { get; }

    /// <summary>The DER of its subject, which is the issuer of what it signs.</summary>
    public ReadOnlyMemory<byte> SubjectName { get; }

    /// <summary>Its subject for people.</summary>
    public string DisplayName { get; }

    /// <summary>Its subject key identifier, which is the authority key identifier of what it signs.</summary>
    public ReadOnlyMemory<byte> SubjectKeyIdentifier { get; }

    /// <summary>SHA-256 of its SubjectPublicKeyInfo: no device may have this key.</summary>
    public Digest KeyThumbprint { get; }

    /// <summary>SHA-256 of its certificate.</summary>
    public Digest Thumbprint { get; }

    /// <summary>Valid from.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Valid until: nothing that it signs may be valid longer.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>Puts an authority together.</summary>
    /// <param name="record">What is on record.</param>
    /// <param name="key">Its key, owned by the authority from now on; null when that is kept elsewhere.</param>
    /// <returns>The authority; the caller owns it.</returns>
    /// <exception cref="CryptographicException">
    /// The certificate cannot be read, has no subject key identifier (RFC 5280 §4.2.1.2), or is not that of the key.
    /// </exception>
    public static Authority Create(AuthorityRecord record, SigningKey? key)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(record.Certificate.Span);
        var authority = new Authority(record, certificate, key);
        if (authority.SubjectKeyIdentifier.IsEmpty)
            throw new CryptographicException($"The certificate of '{record.Name}' has no subject key identifier.");
        if (key is not null && key.PublicKey.Thumbprint != authority.KeyThumbprint)
            throw new CryptographicException($"The key of '{record.Name}' does not belong to its certificate.");
        return authority;
    }

    /// <inheritdoc/>
    public void Dispose() => Key?.Dispose();
}
