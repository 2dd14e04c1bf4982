using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Lots;

/// <summary>
/// The key that signs reports and statements of the time, <c>pki/report.*</c>: made at the first of them with a certificate from the one
/// pipeline, and replaced before that expires. Each carries the certificate that it was signed with, so that old ones stay verifiable, and
/// says what it is (<c>typ</c>), so that none is taken for another (RFC 8725 §3.11).
/// </summary>
/// <param name="data">Where it is.</param>
/// <param name="keys">How it is kept.</param>
/// <param name="store">Says whether the certificate is still good.</param>
/// <param name="ca">The profiles.</param>
/// <param name="authorities">Who certifies it.</param>
/// <param name="clock">Dates reports.</param>
public sealed class ReportKey(
    DataDirectory data, KeyFiles keys, ICertificateStore store, CertificateAuthority ca, AuthorityDirectory authorities, ClockGuard clock)
    : IDisposable
{
    /// <summary>The <c>typ</c> of reports (RFC 7515 §4.1.9): the media type without <c>application/</c>.</summary>
    public const string Type = "provisioning-lot-report+jws";

    private const string Name = "report";
    private const string Holder = "lot-reports";
    private static readonly TimeSpan Keep = TimeSpan.FromMinutes(1);

    // While somebody reads the key again, the one before is good for so long, and no longer: it may have been revoked.
    private static readonly TimeSpan KeepWhileRead = TimeSpan.FromMinutes(2);

    private readonly InternalIssuer _issuer = new(ca);
    private readonly SemaphoreSlim _one = new(1);
    private volatile Kept? _kept;

    /// <summary>Signs a report.</summary>
    /// <param name="write">Writes it, given the time.</param>
    /// <returns>The JWS; or the refusal of the clock or of the pipeline, which only an operator can end.</returns>
    internal async Task<Outcome<string>> SignAsync(Func<DateTimeOffset, byte[]> write)
    {
        if (!clock.Now().TryGet(out var now, out var refusal)) return refusal;
        await _one.WaitAsync();
        try
        {
            if (!(await OpenAsync(now)).TryGet(out var opened, out refusal)) return refusal;
            using (opened.Key) return opened.Sign(Type, write(now));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// Signs a statement of the time: a whole fleet may ask at once, so the key is read again once a minute, by one of the callers, while the
    /// others go on with what was read before.
    /// </summary>
    /// <param name="type">The <c>typ</c>.</param>
    /// <param name="write">Writes it, given the time.</param>
    /// <param name="ct">Gives up waiting for the key.</param>
    /// <returns>As <see cref="SignAsync"/>.</returns>
    internal async ValueTask<Outcome<string>> SignTimeAsync(string type, Func<DateTimeOffset, byte[]> write, CancellationToken ct)
    {
        if (!(await HoldKeptAsync(ct)).TryGet(out var held, out var refusal)) return refusal;
        try
        {
            return held.Key.Sign(type, write(held.At));
        }
        finally
        {
            held.Key.Release();
        }
    }

    /// <summary>
    /// Gives the key out, to sign what is no statement of this service's own, in a form that says by itself what it is: a key that was made for a device.
    /// Taken before that is made, so that nothing is issued that could not be signed; read as seldom as for <see cref="SignTimeAsync"/>.
    /// </summary>
    /// <param name="ct">Gives up waiting for the key.</param>
    /// <returns>The key, to be given back; or the refusal of the clock or of the pipeline, which only an operator can end.</returns>
    /// <exception cref="StorageUnavailableException">The key's certificate cannot be looked up now.</exception>
    public async ValueTask<Outcome<KeyInUse>> HoldAsync(CancellationToken ct) =>
        (await HoldKeptAsync(ct)).TryGet(out var held, out var refusal)
            ? new KeyInUse(held.Key.Certificate, held.Key.Issuer, held.At, held.Key.Key.Sign, held.Key.Release)
            : refusal;

    private async ValueTask<Outcome<Held>> HoldKeptAsync(CancellationToken ct)
    {
        if (!clock.Now().TryGet(out var now, out var refusal)) return refusal;
        if (TryHoldKept(now, Keep) is { } held) return held;
        if (!_one.Wait(0, CancellationToken.None))
        {
            if (TryHoldKept(now, KeepWhileRead) is { } meanwhile) return meanwhile;
            await _one.WaitAsync(ct);
        }

        try
        {
            // Whoever waited finds what the one before has read.
            if (!clock.Now().TryGet(out now, out refusal)) return refusal;
            if (TryHoldKept(now, Keep) is { } waited) return waited;
            if (!(await OpenAsync(now)).TryGet(out var opened, out refusal)) return refusal;
            opened.TryHold();
            Interlocked.Exchange(ref _kept, opened)?.Release();
            return new Held(opened, now);
        }
        finally
        {
            _one.Release();
        }
    }

    private Held? TryHoldKept(DateTimeOffset now, TimeSpan keep) =>
        _kept is { } kept && kept.From <= now && now < kept.From + keep && kept.TryHold() ? new Held(kept, now) : null;

    // By one at a time.
    private async Task<Outcome<Kept>> OpenAsync(DateTimeOffset now)
    {
        try
        {
            var (key, certificate) = await EnsureAsync(now);
            return new Kept(key, certificate, authorities.Issuing.Certificate, now);
        }
        catch (IssuanceRefusedException problem)
        {
            return problem.Refusal;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept?.Release();
        _one.Dispose();
    }

    // Read for each report: there are few, and the files are the only place to look when something was changed or restored.
    private async Task<(SigningKey Key, ReadOnlyMemory<byte> Certificate)> EnsureAsync(DateTimeOffset now)
    {
        var key = keys.TryLoadUndamaged(Name);
        if (key is not null && keys.TryLoadCertificate(Name) is { } known)
        {
            using (known)
            {
                if (Fits(known, key, now) && await IsGoodAsync(known)) return (key, known.RawData);
            }
        }

        key?.Dispose();
        key = SigningKey.Create(KeyAlgorithm.P256);
        var stored = await _issuer.IssueAsync(
            authorities.Issuing, HolderKind.Service, Holder, FixedProfiles.Report, key, [], purpose: null);

        // Killed between these two, the next report finds a key that does not fit, and makes both anew.
        keys.Save(Name, key);
        DurableFile.Write(
            data.CertificateFile(Name), System.Text.Encoding.ASCII.GetBytes(CertificatePem.Write(stored.Der)), DurableFile.Readable);
        return (key, stored.Der);
    }

    private bool Fits(X509Certificate2 certificate, SigningKey key, DateTimeOffset now)
    {
        var from = certificate.NotBefore.ToUniversalTime();
        var due = from + ((certificate.NotAfter.ToUniversalTime() - from) * ca.Profiles[FixedProfiles.Report].RenewAfter);
        return key.Algorithm == KeyAlgorithm.P256
            && Digest.Of(certificate.PublicKey.ExportSubjectPublicKeyInfo()) == key.PublicKey.Thumbprint
            && certificate.IssuerName.RawData.AsSpan().SequenceEqual(authorities.Issuing.SubjectName.Span)
            && now.UtcDateTime >= from
            && now.UtcDateTime < due;
    }

    private async Task<bool> IsGoodAsync(X509Certificate2 certificate) =>
        SerialNumber.TryFromOctets(certificate.SerialNumberBytes.Span, out var serialNumber)
        && await store.FindAsync(serialNumber, CancellationToken.None) is { State: CertificateState.Current } record
        && record.Thumbprint == Digest.Of(certificate.RawDataMemory.Span);

    private sealed record Held(Kept Key, DateTimeOffset At);

    private sealed class Kept(SigningKey key, ReadOnlyMemory<byte> certificate, ReadOnlyMemory<byte> issuer, DateTimeOffset from)
    {
        internal SigningKey Key { get; } = key;

        internal DateTimeOffset From { get; } = from;

        internal ReadOnlyMemory<byte> Certificate => certificate;

        internal ReadOnlyMemory<byte> Issuer => issuer;

        private int _holders = 1;

        // Whoever replaces it must not take the key from those who are signing with it.
        internal bool TryHold()
        {
            for (var now = Volatile.Read(ref _holders); now > 0; now = Volatile.Read(ref _holders))
                if (Interlocked.CompareExchange(ref _holders, now + 1, now) == now) return true;
            return false;
        }

        internal void Release()
        {
            if (Interlocked.Decrement(ref _holders) == 0) Key.Dispose();
        }

        internal string Sign(string type, byte[] payload) => Key.Use(algorithm => CompactJws.Sign(Header(type), payload, (ECDsa)algorithm));

        private byte[] Header(string type)
        {
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                json.WriteStartObject();
                json.WriteString("alg", "ES256");
                json.WriteString("typ", type);
                json.WriteStartArray("x5c");
                json.WriteBase64StringValue(certificate.Span);
                json.WriteBase64StringValue(issuer.Span);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            return buffer.ToArray();
        }
    }
}
