using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Births;

/// <summary>Registers manufacturers, takes their CRLs, and withdraws them.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="catalog">All of them, in memory.</param>
/// <param name="groups">The groups that there are.</param>
/// <param name="authorities">Ours, none of which is a manufacturer's.</param>
/// <param name="clock">Dates what goes on record.</param>
public sealed class TrustAnchorService(
    ITrustAnchorStore store, TrustAnchorCatalog catalog, GroupCatalog groups, AuthorityDirectory authorities, ClockGuard clock)
{
    /// <summary>The longest CRL that is taken, in octets.</summary>
    public const int MaxCrlLength = 4 * 1024 * 1024;

    /// <summary>All anchors, withdrawn ones too, by name.</summary>
    public IReadOnlyList<TrustAnchor> All => catalog.All;

    /// <summary>Registers a manufacturer.</summary>
    /// <param name="name">Its name, which none has had before.</param>
    /// <param name="definition">What is to be honored.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The anchor, on record; or why not.</returns>
    public async Task<Outcome<TrustAnchor>> RegisterAsync(string name, TrustAnchorDefinition definition, Caller caller, CancellationToken ct)
    {
        if (!TrustAnchor.Create(name, definition).TryGet(out var anchor, out var refusal)) return refusal;
        if (groups.Find(definition.Group)?.Group is not { } group) return new Refusal(RefusalCode.UnknownGroup, "There is no such enrollment group.");
        if (!group.Credentials.Contains(CredentialKind.Birth))
            return Bad("group", $"The group '{group.Name}' does not accept birth certificates; add 'birth' to its credentials first.");
        if (anchor.Issuers.Any(issuer => authorities.All.Any(ours => ours.KeyThumbprint == issuer.KeyThumbprint)))
            return Bad("certificate", "This is an authority of this service; its certificates are known by their rows.");
        var added = await store.AddAnchorAsync(anchor with { CreatedAt = clock.LastBelieved(), CreatedBy = caller.Actor }, ct);
        return added.TryGet(out _, out refusal) ? await FindFreshAsync(name, ct) : refusal;
    }

    /// <summary>Reads one.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The anchor, or <see cref="RefusalCode.NotFound"/>.</returns>
    public Outcome<TrustAnchor> Find(string name) => catalog.All.FirstOrDefault(anchor => anchor.Name == name) is { } anchor ? anchor : NotFound;

    /// <summary>
    /// Takes a CRL of the anchor or of an authority below it. It bites from the next request on, also at other anchors that have the same
    /// authority.
    /// </summary>
    /// <param name="name">The anchor.</param>
    /// <param name="content">The CRL, DER or PEM. The one that is on record already changes nothing.</param>
    /// <param name="caller">Who brings it.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The anchor as it is now, or why it is not taken.</returns>
    public async Task<Outcome<TrustAnchor>> TakeCrlAsync(string name, ReadOnlyMemory<byte> content, Caller caller, CancellationToken ct)
    {
        if (!Find(name).TryGet(out var anchor, out var refusal)) return refusal;
        if (anchor.WithdrawnAt is not null) return new Refusal(RefusalCode.NotAllowed, "The trust anchor was withdrawn, which is final.");
        if (!ToDer(content).TryGet(out var der, out refusal)) return refusal;
        if (ManufacturerCrl.TryRead(der) is not { } crl)
            return BadCrl("It is not a complete v2 CRL with nextUpdate and a CRL number, without critical extensions.");
        if (anchor.Issuers.FirstOrDefault(one => IsIssuedBy(crl, one)) is not { } issuer)
            return BadCrl("It is not issued and signed by the trust anchor or an authority below it.");
        if (issuer.Certificate.KeyUsage is { } usage && !usage.HasFlag(KeyUsages.CrlSign))
            return BadCrl("Its issuer's key may not sign CRLs (RFC 5280 §4.2.1.3).");
        if (issuer.Crl?.Status.Hash == crl.Status.Hash) return anchor;
        if (!clock.Now().TryGet(out var now, out refusal)) return refusal;
        if (crl.Status.ThisUpdate > now + ClockGuard.Tolerance) return BadCrl("It is of the future.") with { RetryAfter = crl.Status.ThisUpdate - now };
        if (!crl.IsNewerThan(issuer.Crl)) return BadCrl($"One of number {issuer.Crl?.Status.Number} is on record, and this is not newer.");
        var set = await store.SetCrlAsync(name, issuer.Identity, crl, caller.Actor, now, ct);
        return set.TryGet(out _, out refusal) ? await FindFreshAsync(name, ct) : refusal;
    }

    /// <summary>Withdraws a manufacturer for ever. What its devices were given stays; none of them enrolls any more.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The anchor as it is now, or <see cref="RefusalCode.NotFound"/>.</returns>
    public async Task<Outcome<TrustAnchor>> WithdrawAsync(string name, Caller caller, CancellationToken ct)
    {
        var withdrawn = await store.WithdrawAsync(name, caller.Actor, clock.LastBelieved(), ct);
        return withdrawn.TryGet(out _, out var refusal) ? await FindFreshAsync(name, ct) : refusal;
    }

    private async Task<Outcome<TrustAnchor>> FindFreshAsync(string name, CancellationToken ct)
    {
        await catalog.RefreshAsync(ct);
        return Find(name);
    }

    private static bool IsIssuedBy(ManufacturerCrl crl, BirthIssuer issuer) =>
        crl.Facts.Issuer.Span.SequenceEqual(issuer.Certificate.Subject.Span)
        && issuer.HasSigned(crl.Facts.Algorithm, crl.Facts.Tbs.Span, crl.Facts.Signature.Span);

    private static Outcome<byte[]> ToDer(ReadOnlyMemory<byte> content)
    {
        if (content.Span is [0x30, ..]) return content.ToArray();
        return System.Text.Ascii.IsValid(content.Span)
            ? PemReader.Read(System.Text.Encoding.ASCII.GetString(content.Span), ["X509 CRL"], MaxCrlLength)
            : BadCrl("It is neither DER nor PEM.");
    }

    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such trust anchor.");

    private static Refusal BadCrl(string detail) => new(RefusalCode.BadCrl, detail);

    private static Refusal Bad(string field, string detail) => new(RefusalCode.BadCredential, detail) { Field = "/" + field };
}
