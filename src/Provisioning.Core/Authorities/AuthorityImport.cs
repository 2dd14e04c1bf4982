using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;

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
        var name = new X500DistinguishedName(DistinguishedName.Encode(options.IssuingName ?? "Provisioning Issuing CA"));
        var pem = key.Use(algorithm =>
        {
            var request = algorithm is ECDsa ecdsa
                ? new CertificateRequest(name, ecdsa, key.SignatureAlgorithm.Hash)
                : new CertificateRequest(name, (RSA)algorithm, key.SignatureAlgorithm.Hash, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
            request.CertificateExtensions.Add(
                new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
            return request.CreateSigningRequestPem();
        });
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
        using var root = Load(rootPem, "root");
        using var issuing = Load(issuingPem, "issuing");
        CheckAuthority(root, "root");
        CheckAuthority(issuing, "issuing");
        CheckChain(root, issuing);
        using var key = issuingKey ?? keys.TryLoad(AuthorityDirectory.IssuingName)
            ?? throw new InvalidDataException("The key of the issuing authority is neither given nor in the data directory.");
        if (key.PublicKey.Thumbprint != Digest.Of(issuing.PublicKey.ExportSubjectPublicKeyInfo()))
            throw new InvalidDataException("The issuing certificate does not belong to the issuing key.");

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

    private void CheckChain(X509Certificate2 root, X509Certificate2 issuing)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        if (!chain.Build(issuing) || chain.ChainElements.Count != 2)
        {
            var problems = string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()));
            throw new InvalidDataException($"The root did not sign the issuing certificate, or one is not valid now. {problems}");
        }
    }

    // RFC 5280 §4.2.1.9 and §4.2.1.3: what an authority's certificate must say so that relying parties accept what it signs.
    private static void CheckAuthority(X509Certificate2 certificate, string name)
    {
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true, Critical: true })
            throw new InvalidDataException($"The {name} certificate has no critical basicConstraints with CA:TRUE.");
        const X509KeyUsageFlags signs = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;
        if (certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is not { } usage || (usage.KeyUsages & signs) != signs)
            throw new InvalidDataException($"The {name} certificate's keyUsage lacks keyCertSign or cRLSign.");
        if (!certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any())
            throw new InvalidDataException($"The {name} certificate has no subjectKeyIdentifier.");
    }

    private static X509Certificate2 Load(string pem, string name)
    {
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException problem)
        {
            throw new InvalidDataException($"The {name} certificate cannot be read: {problem.Message}", problem);
        }
    }
}
