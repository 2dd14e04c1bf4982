using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>
/// Makes the next generation of the issuing authority, with a key and a name of its own, under the same root: devices trust it already.
/// From the next start on it signs; the generations before sign CRLs and OCSP answers for as long as their keys are here. What was killed
/// goes on where it stopped.
/// </summary>
/// <param name="data">Where the files are.</param>
/// <param name="keys">The keys.</param>
/// <param name="store">Where authorities are on record.</param>
/// <param name="setup">Knows which generation is the newest.</param>
/// <param name="issuer">Signs.</param>
/// <param name="time">The clock.</param>
public sealed class AuthorityRollover(
    DataDirectory data, KeyFiles keys, IAuthorityStore store, AuthoritySetup setup, InternalIssuer issuer, TimeProvider time)
{
    private readonly AuthorityMaker _maker = new(keys, store, issuer, time);

    /// <summary>Makes a generation here, with the key of the root.</summary>
    /// <param name="generation">Which one; that it is there already changes nothing.</param>
    /// <param name="authorities">The authorities that there are.</param>
    /// <param name="options">The kind of key, and the name.</param>
    /// <param name="ct">Gives up between the steps.</param>
    /// <returns>False when it was there already.</returns>
    /// <exception cref="InvalidDataException">It cannot be made; the message says why.</exception>
    /// <exception cref="IssuanceRefusedException">The clock or the profile refuses it.</exception>
    public async Task<bool> CreateAsync(int generation, AuthorityDirectory authorities, AuthorityOptions options, CancellationToken ct)
    {
        if (await IsThereAsync(generation, ct)) return false;
        if (authorities.Root.Key is null)
        {
            throw new InvalidDataException(
                $"The root's key '{data.KeyFile(AuthorityDirectory.RootName)}' is not here. Bring it for the moment, or run this with --request.");
        }

        await _maker.MakeAsync(Wanted(generation, authorities, options), authorities.All, ct);
        return true;
    }

    /// <summary>Makes the key of a generation, and the request that the offline root is to sign.</summary>
    /// <param name="generation">Which one.</param>
    /// <param name="authorities">The authorities that there are.</param>
    /// <param name="options">The kind of key, and the name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The path of the request, PEM; null when the generation is there already.</returns>
    /// <exception cref="InvalidDataException">It is not the next one, or its name is that of another one.</exception>
    public async Task<string?> CreateRequestAsync(
        int generation, AuthorityDirectory authorities, AuthorityOptions options, CancellationToken ct)
    {
        if (await IsThereAsync(generation, ct)) return null;
        var wanted = Wanted(generation, authorities, options);
        using var key = keys.LoadOrCreate(wanted.Name, wanted.KeyAlgorithm);
        var commonName = wanted.CommonName(key);
        AuthorityChecks.CheckIsNew(DistinguishedName.Encode(commonName), key.PublicKey.Thumbprint, authorities.All);
        var path = Path.Combine(data.Pki, wanted.Name + ".csr");
        var pem = AuthorityChecks.Request(key, commonName);
        DurableFile.Write(path, System.Text.Encoding.ASCII.GetBytes(pem + "\n"), DurableFile.Readable);
        return path;
    }

    /// <summary>Takes the certificate that the root has signed for the request.</summary>
    /// <param name="generation">Which one.</param>
    /// <param name="issuingPem">The certificate, PEM.</param>
    /// <param name="authorities">The authorities that there are.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>False when it was there already.</returns>
    /// <exception cref="InvalidDataException">It cannot be used; the message says why.</exception>
    public async Task<bool> ImportAsync(int generation, string issuingPem, AuthorityDirectory authorities, CancellationToken ct)
    {
        if (await IsThereAsync(generation, ct)) return false;
        var name = AuthorityDirectory.NameOf(generation);
        using var issuing = AuthorityChecks.Load(issuingPem, "issuing");
        using var root = AuthorityChecks.Load(CertificatePem.Write(authorities.Root.Certificate), "root");
        using var key = keys.TryLoad(name)
            ?? throw new InvalidDataException($"There is no key '{data.KeyFile(name)}': it is made with --request.");
        AuthorityChecks.CheckAuthority(issuing, "issuing");
        AuthorityChecks.CheckChain(root, issuing, time.GetUtcNow());
        AuthorityChecks.CheckKey(issuing, key);
        await _maker.AddAsync(new AuthorityRecord(name, AuthorityDirectory.RootName, issuing.RawData), authorities.All, ct);
        return true;
    }

    // Only the next one can be made, so that a rollover that is called twice is one.
    private async Task<bool> IsThereAsync(int generation, CancellationToken ct)
    {
        var newest = await setup.ReadGenerationAsync(ct);
        if (newest == 0) throw new InvalidDataException("There is no issuing authority yet: run the init command first.");
        if (generation >= 1 && generation <= newest) return true;
        return generation == newest + 1
            ? false
            : throw new InvalidDataException($"The newest generation is {newest}, so the next one is {newest + 1}.");
    }

    private static NewAuthority Wanted(int generation, AuthorityDirectory authorities, AuthorityOptions options) =>
        new(AuthorityDirectory.NameOf(generation), AuthorityDirectory.IssuingName, authorities.Root)
        {
            KeyAlgorithm = options.KeyAlgorithm,
            Configured = options.IssuingName,
            Title = $"Provisioning Issuing CA G{generation}",
        };
}
