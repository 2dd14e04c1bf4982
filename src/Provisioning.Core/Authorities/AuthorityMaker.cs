namespace Provisioning.Core.Authorities;

/// <summary>
/// Makes one authority: its key, its certificate through the pipeline, its record. Each step looks at what is there first, so what was killed
/// or could not be signed goes on where it stopped. What could not be put on record is refused before the issuer signs it: a certificate of
/// an authority cannot be taken back.
/// </summary>
internal sealed class AuthorityMaker(KeyFiles keys, IAuthorityStore store, InternalIssuer issuer, TimeProvider time)
{
    /// <summary>Makes it.</summary>
    /// <exception cref="InvalidDataException">It cannot be made; the message says why.</exception>
    /// <exception cref="IssuanceRefusedException">The clock or the profile refuses it.</exception>
    internal async Task MakeAsync(NewAuthority wanted, IReadOnlyList<Authority> present, CancellationToken ct)
    {
        using var key = keys.LoadOrCreate(wanted.Name, wanted.KeyAlgorithm);
        var commonName = wanted.CommonName(key);
        AuthorityChecks.CheckIsNew(issuer.SubjectOf(wanted.Name, commonName, wanted.Profile), key.PublicKey.Thumbprint, present);
        var certificate = await issuer.IssueAuthorityAsync(wanted.Issuer, wanted.Name, commonName, wanted.Profile, key);
        await AddAsync(new AuthorityRecord(wanted.Name, wanted.Issuer?.Name ?? wanted.Name, certificate.Der), present, ct);
    }

    /// <summary>Puts on record what the issuer has signed, here or elsewhere.</summary>
    /// <exception cref="InvalidDataException">Its name or its key is that of another one.</exception>
    internal async Task AddAsync(AuthorityRecord record, IReadOnlyList<Authority> present, CancellationToken ct)
    {
        using var made = Authority.Create(record, key: null);
        AuthorityChecks.CheckIsNew(made.SubjectName, made.KeyThumbprint, present);
        if (await store.AddAuthoritiesAsync([record], time.GetUtcNow(), ct) is { } taken)
            throw new InvalidDataException($"There already is another authority '{taken}' in this data directory.");
    }
}
