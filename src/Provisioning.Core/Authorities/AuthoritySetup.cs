using System.Security.Cryptography;

namespace Provisioning.Core.Authorities;

/// <summary>
/// Makes the authorities, and loads them at every start. Each step looks at what is there first, so a start that was killed
/// in the middle goes on where it stopped.
/// </summary>
/// <param name="data">Where the files are.</param>
/// <param name="keys">The keys.</param>
/// <param name="store">Where authorities are on record.</param>
/// <param name="issuer">Signs.</param>
/// <param name="time">The clock.</param>
public sealed class AuthoritySetup(
    DataDirectory data, KeyFiles keys, IAuthorityStore store, InternalIssuer issuer, TimeProvider time)
{
    private readonly AuthorityMaker _maker = new(keys, store, issuer, time);

    /// <summary>Makes a root and an issuing authority, as far as they are not there yet.</summary>
    /// <param name="options">What kind.</param>
    /// <param name="ct">Gives up between the steps.</param>
    /// <returns>When both are on record and their files written.</returns>
    /// <exception cref="InvalidDataException">An import began here and did not end; the message says what to do.</exception>
    public async Task CreateAsync(AuthorityOptions options, CancellationToken ct)
    {
        // Here the root comes first, so this key came from an import or a request for an offline root; or the record is elsewhere.
        var keyFile = data.KeyFile(AuthorityDirectory.IssuingName);
        if (File.Exists(keyFile) && (await store.ListAuthoritiesAsync(ct)).Count == 0)
        {
            throw new InvalidDataException(
                $"There is an issuing key already, '{keyFile}', and no authority on record. If this data directory belongs to another "
                + "database than the configured one, set Provisioning__Database right; nothing is lost. If the key came from init "
                + "--request, or from an import that did not end, run init with --root and --issuing (and --key, if you gave it before) "
                + "to go on. Only if it is neither, and to make a root and an issuing authority here, move the keys in that folder to a "
                + "safe place: they may be the only copies, so do not delete them.");
        }

        var newRoot = new NewAuthority(AuthorityDirectory.RootName, AuthorityDirectory.RootName, null)
        {
            KeyAlgorithm = options.KeyAlgorithm,
            Configured = options.RootName,
            Title = "Provisioning Root CA",
        };
        await EnsureAsync(newRoot, [], ct);
        using var root = await LoadAsync(AuthorityDirectory.RootName, ct);
        if (root.Key is null && !await ExistsAsync(ct))
        {
            throw new InvalidDataException(
                $"The root is on record, its key '{data.KeyFile(AuthorityDirectory.RootName)}' is not here, and there is no issuing "
                + "authority. Bring that key back, or run init with --root and --issuing if the root was taken in from elsewhere.");
        }

        var newIssuing = new NewAuthority(AuthorityDirectory.IssuingName, AuthorityDirectory.IssuingName, root)
        {
            KeyAlgorithm = options.KeyAlgorithm,
            Configured = options.IssuingName,
            Title = "Provisioning Issuing CA",
        };
        await EnsureAsync(newIssuing, [root], ct);
    }

    /// <summary>Loads all authorities and writes their certificate files where they are missing.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The authorities; the caller owns them.</returns>
    /// <exception cref="InvalidDataException">There are none, or a key does not fit; the message says what to do.</exception>
    public async Task<AuthorityDirectory> LoadAllAsync(CancellationToken ct)
    {
        var root = await LoadAsync(AuthorityDirectory.RootName, ct);
        var generations = new List<Authority>();
        for (var generation = 1; generation <= Math.Max(1, await ReadGenerationAsync(ct)); generation++)
            generations.Add(await LoadAsync(AuthorityDirectory.NameOf(generation), ct));
        var directory = new AuthorityDirectory(root, generations);
        if (directory.Issuing.Key is null)
            throw new InvalidDataException($"The key of the issuing authority is missing: '{data.KeyFile(directory.Issuing.Name)}'.");
        foreach (var authority in directory.All)
            WriteIfOther(data.CertificateFile(authority.Name), CertificatePem.Write(authority.Certificate));
        WriteIfOther(data.ChainFile, CertificatePem.Write(directory.Trusted));
        return directory;
    }

    /// <summary>The newest generation of the issuing authority that is on record.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>0 when there is none.</returns>
    public async Task<int> ReadGenerationAsync(CancellationToken ct) =>
        (await store.ListAuthoritiesAsync(ct)).Max(authority => AuthorityDirectory.GenerationOf(authority.Name)) ?? 0;

    /// <summary>True when both authorities are on record.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>False in an empty data directory.</returns>
    public async Task<bool> ExistsAsync(CancellationToken ct) => (await store.ListAuthoritiesAsync(ct)).Count >= 2;

    private async Task EnsureAsync(NewAuthority wanted, IReadOnlyList<Authority> present, CancellationToken ct)
    {
        if ((await store.ListAuthoritiesAsync(ct)).Any(authority => authority.Name == wanted.Name)) return;
        await _maker.MakeAsync(wanted, present, ct);
    }

    private async Task<Authority> LoadAsync(string name, CancellationToken ct)
    {
        var record = (await store.ListAuthoritiesAsync(ct)).FirstOrDefault(authority => authority.Name == name)
            ?? throw new InvalidDataException($"There is no authority '{name}' yet: run the init command first.");
        try
        {
            return Authority.Create(record, keys.TryLoad(name));
        }
        catch (CryptographicException problem)
        {
            throw new InvalidDataException(problem.Message, problem);
        }
    }

    private static void WriteIfOther(string path, string text)
    {
        if (!File.Exists(path) || File.ReadAllText(path) != text)
            DurableFile.Write(path, System.Text.Encoding.ASCII.GetBytes(text), DurableFile.Readable);
    }
}
