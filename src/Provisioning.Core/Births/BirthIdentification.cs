using System.Collections.Concurrent;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Births;

/// <summary>
/// Tells which device a certificate that we have not issued is, if a manufacturer vouches for it. What the signature says is found out
/// once; withdrawal, revocation and dates are looked at on every request. Nothing is ever fetched.
/// </summary>
/// <param name="catalog">The manufacturers.</param>
/// <param name="store">How they stand now.</param>
/// <param name="clock">Says whether it is the clock that is wrong.</param>
/// <param name="time">For validity.</param>
public sealed class BirthIdentification(TrustAnchorCatalog catalog, ITrustAnchorStore store, ClockGuard clock, TimeProvider time)
{
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    private const string AnyPurpose = "2.5.29.37.0";
    private const int MaxRemembered = 4096;

    // Certificates whose signature was verified, for one state of the catalog. Only good ones, so that strangers cannot fill it.
    private volatile Memory _memory = new(null);

    /// <summary>Finds the device behind a certificate whose private key TLS has seen used.</summary>
    /// <param name="der">The certificate.</param>
    /// <param name="thumbprint">Its SHA-256.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The caller, or why it is none; null when no manufacturer has signed the certificate.</returns>
    /// <exception cref="StorageUnavailableException">The registry cannot be read: nobody is let in.</exception>
    public async ValueTask<Outcome<Caller>?> IdentifyAsync(ReadOnlyMemory<byte> der, Digest thumbprint, CancellationToken ct)
    {
        for (var isSecondLook = false; ; isSecondLook = true)
        {
            if (Find(der, thumbprint) is not { } birth) return null;
            var state = await store.FindAnchorStateAsync(birth.Anchor.Name, ct);
            if (state is var (revision, isWithdrawn) && revision == birth.Anchor.Revision && !isWithdrawn) return Judge(birth, thumbprint);

            // What is in memory is old: once more with what is on record.
            if (isSecondLook) return null;
            await catalog.RefreshAsync(ct);
        }
    }

    private Birth? Find(ReadOnlyMemory<byte> der, Digest thumbprint)
    {
        var snapshot = catalog.Now;
        if (snapshot.All.Count == 0) return null;
        var memory = _memory;
        if (memory.Of != snapshot || memory.Births.Count >= MaxRemembered) _memory = memory = new Memory(snapshot);
        if (memory.Births.TryGetValue(thumbprint, out var known)) return known;
        if (Verify(snapshot, der) is not { } birth) return null;
        memory.Births.TryAdd(thumbprint, birth);
        return birth;
    }

    // Several anchors may have the same key: of one manufacturer, for different serial numbers.
    private static Birth? Verify(TrustAnchorCatalog.Snapshot snapshot, ReadOnlyMemory<byte> der)
    {
        if (ForeignCertificateReader.TryRead(der) is not { } certificate) return null;
        var signers = snapshot.FindByName(certificate.Issuer).Where(pair => TrustAnchor.IsIssuedBy(certificate, pair.Issuer)).ToList();
        if (signers.Count == 0) return null;
        var (anchor, issuer) = signers.FirstOrDefault(pair => pair.Anchor.DeviceOf(certificate.DeviceSerial) is not null, signers[0]);
        return new Birth(anchor, issuer, certificate);
    }

    private Outcome<Caller> Judge(Birth birth, Digest thumbprint)
    {
        var now = time.GetUtcNow();
        var (anchor, _, certificate) = birth;
        if (CheckValidity(birth, now) is { } invalid) return invalid;
        if (CheckUse(certificate) is { } unfit) return unfit;
        if (CheckRevocation(birth, now) is { } revoked) return revoked;
        return anchor.DeviceOf(certificate.DeviceSerial) is { } id
            ? new Caller.Birth(anchor.Name, anchor.Definition.Group, id, thumbprint)
            : new Refusal(RefusalCode.OutsideScope, "The certificate has no serial number that its manufacturer's trust anchor covers.");
    }

    // The anchor's own dates are not held against it (RFC 5280 §6.1.1 d): an administrator trusts it until it is withdrawn.
    private Refusal? CheckValidity(Birth birth, DateTimeOffset now)
    {
        var isValid = birth.Certificate.IsValidAt(now);
        for (var issuer = birth.Issuer; issuer.Above is not null; issuer = issuer.Above) isValid &= issuer.Certificate.IsValidAt(now);
        if (isValid) return null;
        return clock.Now().TryGet(out _, out var wrongClock)
            ? new Refusal(RefusalCode.CertificateExpired, $"The manufacturer's certificate, or one above it, is not valid at {now.UtcDateTime:O}.")
            : wrongClock;
    }

    private static Refusal? CheckUse(ForeignCertificate certificate)
    {
        var problem = certificate switch
        {
            { IsAuthority: true } => "The certificate is one of an authority.",
            { HasUnknownCritical: true } => "The certificate has a critical extension that is not understood here.",
            { KeyUsage: { } usage } when !usage.HasFlag(KeyUsages.DigitalSignature) => "The certificate's key is not for signatures.",
            { Purposes: { } purposes } when !purposes.Contains(ClientAuth) && !purposes.Contains(AnyPurpose) =>
                "The certificate is not for TLS clients.",
            _ => null,
        };
        return problem is null ? null : new Refusal(RefusalCode.NotAllowed, problem);
    }

    private static Refusal? CheckRevocation(Birth birth, DateTimeOffset now)
    {
        var policy = birth.Anchor.Definition.CrlPolicy;
        var serialNumber = birth.Certificate.SerialNumber;
        var isUnknown = false;
        for (var issuer = birth.Issuer; issuer is not null; issuer = issuer.Above)
        {
            if (issuer.Crl?.Lists(serialNumber) == true)
                return new Refusal(RefusalCode.CertificateRevoked, "The manufacturer has revoked the certificate, or one above it.");
            isUnknown |= issuer.Crl is { } crl ? policy != CrlPolicy.AcceptStale && now > crl.Status.NextUpdate : policy == CrlPolicy.Required;
            serialNumber = issuer.Certificate.SerialNumber;
        }

        return isUnknown
            ? new Refusal(
                RefusalCode.RevocationUnknown, "The manufacturer's CRL is missing or has expired; an administrator must bring a new one.")
            {
                RetryAfter = TimeSpan.FromMinutes(5),
            }
            : null;
    }

    private sealed record Birth(TrustAnchor Anchor, BirthIssuer Issuer, ForeignCertificate Certificate);

    private sealed class Memory(TrustAnchorCatalog.Snapshot? of)
    {
        internal TrustAnchorCatalog.Snapshot? Of => of;

        internal ConcurrentDictionary<Digest, Birth> Births { get; } = new();
    }
}
