namespace Provisioning.Core.Authorities;

/// <summary>
/// Takes in a root and an issuing authority that were made elsewhere: with the issuing key, or with a key that was made here and
/// whose request an offline root has signed.
/// </summary>
/// <param name="data">Where the files are.</param>
/// <param name="keys">The keys.</param>
/// <param name="store">Where authorities are on record.</param>
/// <param name="time">The clock.</param>
public sealed class AuthorityImport(DataDirectory data, KeyFiles keys, IAuthorityStore store, TimeProvider time)
{
    /// <summary>Makes the issuing key and the request that the offline root is to sign.</summary>
    /// <param name="options">The kind of key and the name.</param>
    /// <returns>The path of the request, PEM.</returns>
    public string CreateRequest(AuthorityOptions options)
    {
        using var key = keys.LoadOrCreate(AuthorityDirectory.IssuingName, options.KeyAlgorithm);
        var pem = AuthorityChecks.Request(key, options.IssuingName ?? "Provisioning Issuing CA");
        var path = Path.Combine(data.Pki, "issuing.csr");
        DurableFile.Write(path, System.Text.Encoding.ASCII.GetBytes(pem + "\n"), DurableFile.Readable);
        return path;
    }

    /// <summary>
    /// Checks both certificates and puts them on record, in one transaction. Called again after a crash at any point, with the
    /// same arguments, it ends what was begun.
    /// </summary>
    /// <param name="rootPem">The root, PEM.</param>
    /// <param name="issuingPem">The issuing authority, PEM.</param>
    /// <param name="issuingKey">Its key; null when it was made here by <see cref="CreateRequest"/>.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>When both are on record.</returns>
    /// <exception cref="InvalidDataException">They cannot be used; the message says why.</exception>
    public async Task ImportAsync(string rootPem, string issuingPem, SigningKey? issuingKey, CancellationToken ct)
    {
        using var root = AuthorityChecks.Load(rootPem, "root");
        using var issuing = AuthorityChecks.Load(issuingPem, "issuing");
        AuthorityChecks.CheckAuthority(root, "root");
        AuthorityChecks.CheckAuthority(issuing, "issuing");
        AuthorityChecks.CheckChain(root, issuing, time.GetUtcNow());
        using var key = issuingKey ?? keys.TryLoad(AuthorityDirectory.IssuingName)
            ?? throw new InvalidDataException("The key of the issuing authority is neither given nor in the data directory.");
        AuthorityChecks.CheckKey(issuing, key);

        AuthorityRecord[] both =
        [
            new(AuthorityDirectory.RootName, AuthorityDirectory.RootName, root.RawData),
            new(AuthorityDirectory.IssuingName, AuthorityDirectory.RootName, issuing.RawData),
        ];
        await CheckNamesAsync(both, ct);

        // The key first: authorities on record are never without it. Whoever finds the key alone is told to import again.
        if (issuingKey is not null) SaveKey(key);
        if (await store.AddAuthoritiesAsync(both, time.GetUtcNow(), ct) is { } taken) throw Taken(taken);
    }

    private async Task CheckNamesAsync(AuthorityRecord[] wanted, CancellationToken ct)
    {
        foreach (var present in await store.ListAuthoritiesAsync(ct))
        {
            if (wanted.Any(one => one.Name == present.Name && !one.Certificate.Span.SequenceEqual(present.Certificate.Span)))
                throw Taken(present.Name);
        }
    }

    // A key that is there may be the only copy: of an authority that is half made, or behind a request that is out to be signed.
    private void SaveKey(SigningKey given)
    {
        using var present = keys.TryLoad(AuthorityDirectory.IssuingName);
        if (present is null)
        {
            keys.Save(AuthorityDirectory.IssuingName, given);
        }
        else if (present.PublicKey.Thumbprint != given.PublicKey.Thumbprint)
        {
            throw new InvalidDataException(
                $"There is another issuing key already, '{data.KeyFile(AuthorityDirectory.IssuingName)}', and it stays. If it is that of "
                + "init --request, run init with --root and --issuing, without --key, when the request is signed; or, to take the given "
                + "key instead, move that file to a safe place first (it may be the only copy) and run this again.");
        }
    }

    private static InvalidDataException Taken(string name) => new(
        $"There already is another authority '{name}' in this data directory, and it stays. If it was begun here and did not end, "
        + "init without arguments ends it; for the given authorities take another data directory.");
}
