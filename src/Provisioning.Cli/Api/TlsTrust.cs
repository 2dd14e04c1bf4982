using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Cli.Files;
using Provisioning.Cli.Options;

namespace Provisioning.Cli.Api;

/// <summary>Whom the connection trusts, and as whom it speaks.</summary>
internal static class TlsTrust
{
    /// <summary>Trusts the given roots and nothing else; nothing is fetched while validating.</summary>
    internal static X509ChainPolicy Policy(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    /// <summary>Reads trust anchors, PEM.</summary>
    internal static X509Certificate2Collection ReadRoots(string path)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(path);
            return roots.Count > 0 ? roots : throw FailureException.Usage($"'{path}' holds no certificate in PEM.");
        }
        catch (CryptographicException unreadable)
        {
            throw FailureException.Usage(
                $"'{path}' is not a file of certificates in PEM: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>Reads the client's certificate with its chain.</summary>
    internal static SslStreamCertificateContext ReadCredential(Credential credential)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            var leaf = credential switch
            {
                Credential.Pem(var files) => ReadPem(files, chain),
                Credential.Pkcs12(var path, var password) => ReadPkcs12(path, password, chain),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            return SslStreamCertificateContext.Create(leaf, chain, offline: true);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            throw FailureException.Usage(
                $"The credential '{credential.Name}' cannot be used: {unreadable.Message}", unreadable);
        }
    }

    private static X509Certificate2 ReadPem(CredentialFiles files, X509Certificate2Collection chain)
    {
        if (files.Key != files.Certificate) KeyPairFiles.Of(files).Recover();
        var leaf = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        chain.ImportFromPemFile(files.Certificate);

        // Windows hands keys to TLS by name only, and a key from PEM has none.
        return OperatingSystem.IsWindows()
            ? X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), password: null)
            : leaf;
    }

    private static X509Certificate2 ReadPkcs12(string path, string? password, X509Certificate2Collection chain)
    {
        var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(path, password);
        chain.AddRange(all);
        return all.FirstOrDefault(certificate => certificate.HasPrivateKey)
            ?? throw FailureException.Usage($"'{path}' holds no private key.");
    }
}
