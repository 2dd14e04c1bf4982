using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Tls;

/// <summary>
/// The server's own TLS certificate: issued by our issuing authority through the pipeline, kept in <c>pki/server.*</c>, and
/// replaced before it expires, for new connections, while old ones go on.
/// </summary>
internal sealed class ServerCertificate(
    DataDirectory data,
    KeyFiles keys,
    ICertificateStore store,
    InternalIssuer issuer,
    AuthorityDirectory authorities,
    Profile profile,
    IReadOnlyList<GeneralName> names,
    string holder,
    ClockGuard clock,
    TimeProvider time) : IDisposable
{
    private const string Name = "server";
    private volatile SslStreamCertificateContext? _context;

    /// <summary>What new connections are served with.</summary>
    internal SslStreamCertificateContext Context =>
        _context ?? throw new InvalidOperationException("The server's certificate was not loaded.");

    /// <summary>Valid until.</summary>
    internal DateTimeOffset NotAfter { get; private set; }

    /// <summary>
    /// Loads the certificate, or makes a new one with a new key when there is none, it is due, revoked, its names are not those wanted,
    /// or it was signed by another authority.
    /// </summary>
    /// <returns>True when a new one was made.</returns>
    internal async Task<bool> EnsureAsync()
    {
        if (_context is not null && !IsDue(_context.TargetCertificate) && await IsGoodAsync(_context.TargetCertificate)) return false;
        using var key = keys.TryLoadUndamaged(Name);
        using var certificate = key is null ? null : keys.TryLoadCertificate(Name);
        if (key is not null && certificate is not null && Fits(certificate, key) && await IsGoodAsync(certificate))
        {
            Use(certificate, key);
            return false;
        }

        await RenewAsync();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _context?.TargetCertificate.Dispose();

    private async Task RenewAsync()
    {
        using var key = SigningKey.Create(KeyAlgorithm.P256);
        var stored = await issuer.IssueAsync(
            authorities.Issuing, HolderKind.Service, holder, profile.Name, key, names, purpose: null);

        // Killed between these two, the next start finds a key that does not fit, and makes both anew.
        keys.Save(Name, key);
        DurableFile.Write(
            data.CertificateFile(Name), Encoding.ASCII.GetBytes(CertificatePem.Write(stored.Der)), DurableFile.Readable);
        using var certificate = X509CertificateLoader.LoadCertificate(stored.Der.Span);
        Use(certificate, key);
    }

    private void Use(X509Certificate2 certificate, SigningKey key)
    {
        var withKey = key.Use(algorithm => algorithm is ECDsa ecdsa
            ? certificate.CopyWithPrivateKey(ecdsa)
            : certificate.CopyWithPrivateKey((RSA)algorithm));
        X509Certificate2Collection generations =
            [.. authorities.Generations.Reverse().Select(one => X509CertificateLoader.LoadCertificate(one.Certificate.Span))];

        // The list of authorities in the handshake lets a browser offer the right certificate instead of all. Whoever obeys it (Go, Java,
        // Schannel, browsers) shows nothing that was signed by somebody else, so each generation is in it, ended ones too: what they signed may
        // still renew in its grace. The root is not: it signs no callers, and every name takes some 50 octets of a small device's buffer.
        var trust = SslCertificateTrust.CreateForX509Collection(generations, sendTrustInHandshake: true);
        NotAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        _context = SslStreamCertificateContext.Create(withKey, [generations[0]], offline: true, trust);
    }

    private bool Fits(X509Certificate2 certificate, SigningKey key) =>
        Digest.Of(certificate.PublicKey.ExportSubjectPublicKeyInfo()) == key.PublicKey.Thumbprint
        && certificate.IssuerName.RawData.AsSpan().SequenceEqual(authorities.Issuing.SubjectName.Span)
        && HasNames(certificate)
        && !IsDue(certificate);

    // Somebody may have revoked it: then nobody who looks at the CRL believes this server any more.
    private async Task<bool> IsGoodAsync(X509Certificate2 certificate) =>
        SerialNumber.TryFromOctets(certificate.SerialNumberBytes.Span, out var serialNumber)
        && await store.FindAsync(serialNumber, CancellationToken.None)
            is { State: CertificateState.Current or CertificateState.Issued } record
        && record.Thumbprint == Digest.Of(certificate.RawDataMemory.Span);

    private bool HasNames(X509Certificate2 certificate)
    {
        var present = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var all = present is null
            ? []
            : present.EnumerateDnsNames().Concat(present.EnumerateIPAddresses().Select(address => address.ToString())).ToHashSet();
        return names.All(name => all.Contains(name is GeneralName.Ip(var ip) ? ip : ((GeneralName.Dns)name).Name));
    }

    // By a clock that cannot be believed nothing is due. One from the future was made by such a clock, before it was set right.
    private bool IsDue(X509Certificate2 certificate)
    {
        if (clock.State != ClockState.Sane) return false;
        var from = certificate.NotBefore.ToUniversalTime();
        var life = certificate.NotAfter.ToUniversalTime() - from;
        var now = time.GetUtcNow().UtcDateTime;
        return now < from || now >= from + (life * profile.RenewAfter);
    }
}
