using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>
/// The keys that answer for our authorities, <c>pki/ocsp-{authority}.*</c>, each node with its own: certified through the one pipeline,
/// checked before they are used, and replaced long before they end. The root is not among them: where it is kept offline nobody could
/// certify a key for it, and what it has signed stands in its CRL.
/// </summary>
/// <param name="data">Where the keys are.</param>
/// <param name="keys">How they are kept.</param>
/// <param name="store">Says whether a certificate is still good.</param>
/// <param name="ca">The pipeline, and the profile.</param>
/// <param name="authorities">Whose answers.</param>
/// <param name="clock">Says whether the clock may be believed.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class OcspSigners(
    DataDirectory data,
    KeyFiles keys,
    ICertificateStore store,
    CertificateAuthority ca,
    AuthorityDirectory authorities,
    ClockGuard clock,
    TimeProvider time,
    ILogger<OcspSigners> logger) : IDisposable
{
    /// <summary>With less left, and no new certificate, somebody must look.</summary>
    public static readonly TimeSpan AlarmBefore = TimeSpan.FromHours(1);

    private const string Holder = "ocsp-responder";
    private readonly InternalIssuer _issuer = new(ca);
    private readonly SemaphoreSlim _one = new(1);
    private readonly ConcurrentDictionary<string, OcspSigner> _current = new(StringComparer.Ordinal);

    private readonly Authority[] _authorities = [.. authorities.All.Where(authority => !authority.IsRoot && authority.Key is not null)];

    /// <summary>Until when the certificates are valid that answers are signed with, by authority.</summary>
    public IEnumerable<(string Authority, DateTimeOffset NotAfter)> Ends => _current.Select(one => (one.Key, one.Value.NotAfter));

    /// <summary>
    /// Whether OCSP answers for an authority. One that has ended can delegate to nobody any more, and RFC 6960 §4.2.2.2 wants a delegate of the
    /// authority itself: what outlives it (<c>idevid</c>) stands in its CRL.
    /// </summary>
    internal bool AnswersFor(Authority authority) => _authorities.Contains(authority) && !HasEnded(authority);

    /// <summary>The signer of an authority, perhaps expired; null when there is none.</summary>
    internal OcspSigner? Find(string authority) => _current.GetValueOrDefault(authority);

    /// <summary>
    /// Sees to it that each authority that has not ended has a signer whose certificate is good and not due. A failure of one leaves the
    /// others alone, and what it had before in use.
    /// </summary>
    /// <returns>True when each has one that is good and not due.</returns>
    public async Task<bool> EnsureAllAsync()
    {
        await _one.WaitAsync();
        try
        {
            var all = true;
            foreach (var authority in _authorities)
            {
                if (HasEnded(authority)) Drop(authority);
                else all &= await TryEnsureAsync(authority);
            }

            return all;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<bool> TryEnsureAsync(Authority authority)
    {
        try
        {
            await EnsureAsync(authority);
            return true;
        }
        catch (Exception problem) when (problem is IssuanceRefusedException or StorageUnavailableException or InvalidDataException
            or IOException or UnauthorizedAccessException)
        {
            // The registry, the clock, the profile or the disk cannot do it now; it is tried again.
            var left = (Find(authority.Name)?.NotAfter ?? DateTimeOffset.MinValue) - time.GetUtcNow();
            OcspMetrics.NotRenewed(authority.Name);
            if (left < AlarmBefore) Log.NothingToSignWith(logger, authority.Name, left > TimeSpan.Zero ? left : TimeSpan.Zero, problem);
            else Log.NotRenewed(logger, authority.Name, left, problem);
            return false;
        }
    }

    private async Task EnsureAsync(Authority authority)
    {
        if (Find(authority.Name) is { } current && !IsDue(current, authority) && await IsGoodAsync(current)) return;
        if (!_current.ContainsKey(authority.Name) && await LoadAsync(authority) is { } loaded)
        {
            _current[authority.Name] = loaded;
            if (!IsDue(loaded, authority)) return;
        }

        var made = await MakeAsync(authority);
        _current[authority.Name] = made;
        Log.Made(logger, authority.Name, made.SerialNumber, made.NotAfter);
    }

    private async Task<OcspSigner?> LoadAsync(Authority authority)
    {
        var key = keys.TryLoadUndamaged(NameOf(authority));
        if (key is null) return null;
        using var certificate = keys.TryLoadCertificate(NameOf(authority));
        var signer = certificate is null || Digest.Of(certificate.PublicKey.ExportSubjectPublicKeyInfo()) != key.PublicKey.Thumbprint
            ? null
            : OcspSigner.TryCreate(authority, key, certificate.RawData);
        if (signer is not null && signer.NotAfter > time.GetUtcNow() && await IsGoodAsync(signer)) return signer;
        key.Dispose();
        return null;
    }

    // The signer before it is not disposed of: somebody may be signing with it. It is collected with its key.
    private async Task<OcspSigner> MakeAsync(Authority authority)
    {
        var key = SigningKey.Create(KindFor(authority));
        var stored = await _issuer.IssueAsync(
            authority, HolderKind.Service, Holder, FixedProfiles.OcspResponder, key, [], purpose: null);
        var signer = OcspSigner.TryCreate(authority, key, stored.Der)
            ?? throw new InvalidDataException($"The profile '{FixedProfiles.OcspResponder}' makes certificates that no client would take answers from.");

        // Killed between these two, the next start finds a key that does not fit, and makes both anew.
        keys.Save(NameOf(authority), key);
        DurableFile.Write(
            data.CertificateFile(NameOf(authority)), System.Text.Encoding.ASCII.GetBytes(CertificatePem.Write(stored.Der)), DurableFile.Readable);
        return signer;
    }

    // Whoever verifies the authority's signatures must be able to verify these too; for a month, the smaller keys are strong enough.
    private static KeyAlgorithm KindFor(Authority authority) =>
        Profile.IsRsa(authority.Key!.Algorithm) ? KeyAlgorithm.Rsa2048 : KeyAlgorithm.P256;

    // By a clock that cannot be believed nothing has ended.
    private bool HasEnded(Authority authority) => clock.State == ClockState.Sane && authority.NotAfter < time.GetUtcNow();

    private void Drop(Authority authority)
    {
        if (_current.TryRemove(authority.Name, out _)) Log.Ended(logger, authority.Name, authority.NotAfter);
    }

    // By a clock that cannot be believed nothing is due. One from the future was made by such a clock, before it was set right.
    // One that lasts as long as its authority cannot be bettered.
    private bool IsDue(OcspSigner signer, Authority authority)
    {
        if (clock.State != ClockState.Sane) return false;
        var now = time.GetUtcNow();
        if (now >= signer.NotBefore && signer.NotAfter >= authority.NotAfter) return false;
        var life = signer.NotAfter - signer.NotBefore;
        return now < signer.NotBefore || now >= signer.NotBefore + (life * ca.Profiles[FixedProfiles.OcspResponder].RenewAfter);
    }

    private async Task<bool> IsGoodAsync(OcspSigner signer) =>
        await store.FindAsync(signer.SerialNumber, CancellationToken.None) is { State: CertificateState.Current or CertificateState.Issued } record
        && record.Thumbprint == Digest.Of(signer.Certificate.Span);

    private static string NameOf(Authority authority) => "ocsp-" + authority.Name;

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message =
            "OCSP answers for '{Authority}' are signed with certificate {SerialNumber} from now on; it is valid until {NotAfter:u}.")]
        public static partial void Made(ILogger logger, string authority, SerialNumber serialNumber, DateTimeOffset notAfter);

        [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message =
            "The certificate that OCSP answers for '{Authority}' are signed with could not be replaced; the old one is good for {Left}.")]
        public static partial void NotRenewed(ILogger logger, string authority, TimeSpan left, Exception problem);

        [LoggerMessage(EventId = 3, Level = LogLevel.Critical, Message =
            "There is no certificate to sign OCSP answers for '{Authority}' with, or only for {Left} more; relying parties will be refused.")]
        public static partial void NothingToSignWith(ILogger logger, string authority, TimeSpan left, Exception problem);

        [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message =
            "OCSP does not answer for '{Authority}' any more: it has ended on {NotAfter:u}. What outlives it stands in its CRL.")]
        public static partial void Ended(ILogger logger, string authority, DateTimeOffset notAfter);
    }
}
