using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>
/// The first credentials: <c>credentials/admin</c> for a person's browser and <c>credentials/factory-line</c> for scripts. Their keys
/// are not encrypted, because curl and openssl read them unattended; the folder and the files are the owner's alone.
/// </summary>
/// <param name="data">Where they go.</param>
/// <param name="store">Where principals are on record.</param>
/// <param name="issuer">Signs.</param>
/// <param name="time">The clock.</param>
public sealed class CredentialFiles(DataDirectory data, IAuthorityStore store, InternalIssuer issuer, TimeProvider time)
{
    /// <summary>The administrator's name.</summary>
    public const string Administrator = "admin";

    /// <summary>The registrar's name.</summary>
    public const string FactoryLine = "factory-line";

    /// <summary>The file that holds the password of the .p12 files.</summary>
    public string PasswordFile => Path.Combine(data.Credentials, "p12.password");

    /// <summary>Makes both credentials, as far as they are not there yet.</summary>
    /// <param name="authorities">Who signs, and the chain in the .p12 files.</param>
    /// <param name="ct">Gives up between the steps.</param>
    /// <returns>When all files are written.</returns>
    public async Task EnsureAsync(AuthorityDirectory authorities, CancellationToken ct)
    {
        await EnsureAsync(Administrator, HolderKind.Administrator, "administrator", authorities, ct);
        await EnsureAsync(FactoryLine, HolderKind.Registrar, "registrar", authorities, ct);
    }

    /// <summary>True when both are there.</summary>
    public bool Exist => new[] { Administrator, FactoryLine }.All(name => File.Exists(data.CredentialFile(name, "p12")));

    /// <summary>Makes a credential anew, with a new key: the old one has expired, was revoked or is lost. It stays valid until then.</summary>
    /// <param name="name"><see cref="Administrator"/> or <see cref="FactoryLine"/>.</param>
    /// <param name="authorities">Who signs.</param>
    /// <param name="ct">Gives up between the steps.</param>
    /// <returns>When all files are written; false for another name.</returns>
    public async Task<bool> RenewAsync(string name, AuthorityDirectory authorities, CancellationToken ct)
    {
        if (name is not (Administrator or FactoryLine)) return false;
        foreach (var extension in new[] { "p12", "pem", "key" }) File.Delete(data.CredentialFile(name, extension));
        var (kind, profile) = name == Administrator ? (HolderKind.Administrator, "administrator") : (HolderKind.Registrar, "registrar");
        await MakeAsync(name, kind, profile, authorities, purpose: null, ct);
        return true;
    }

    private async Task EnsureAsync(
        string name, HolderKind kind, string profile, AuthorityDirectory authorities, CancellationToken ct)
    {
        // The .p12 is written last: when it is there, everything is.
        if (!File.Exists(data.CredentialFile(name, "p12")))
            await MakeAsync(name, kind, profile, authorities, "first credential " + name, ct);
    }

    private async Task MakeAsync(
        string name, HolderKind kind, string profile, AuthorityDirectory authorities, string? purpose, CancellationToken ct)
    {
        await store.AddPrincipalAsync(name, kind, time.GetUtcNow(), ct);
        using var key = LoadOrCreateKey(data.CredentialFile(name, "key"));
        using var signingKey = SigningKey.FromPlain(key);
        var stored = await issuer.IssueAsync(authorities.Issuing, kind, name, profile, signingKey, [], purpose);
        Write(name, "pem", System.Text.Encoding.ASCII.GetBytes(CertificatePem.Write(stored.Der, authorities.Issuing.Certificate)));
        Write(name, "p12", ExportP12(stored.Der, key, authorities));
    }

    private byte[] ExportP12(ReadOnlyMemory<byte> der, ECDsa key, AuthorityDirectory authorities)
    {
        if (!File.Exists(PasswordFile)) Passphrase.CreateFile(PasswordFile);
        using var certificate = X509CertificateLoader.LoadCertificate(der.Span);
        using var withKey = certificate.CopyWithPrivateKey(key);
        var all = new X509Certificate2Collection(withKey);
        foreach (var above in authorities.Chain) all.Add(X509CertificateLoader.LoadCertificate(above.Span));
        try
        {
            return all.ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, Passphrase.ReadFile(PasswordFile));
        }
        finally
        {
            foreach (var one in all.Skip(1)) one.Dispose();
        }
    }

    private static ECDsa LoadOrCreateKey(string path)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path)) key.ImportFromPem(File.ReadAllText(path));
        else DurableFile.Write(path, System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"), DurableFile.OwnerOnly);
        return key;
    }

    private void Write(string name, string extension, ReadOnlySpan<byte> content) =>
        DurableFile.Write(data.CredentialFile(name, extension), content, DurableFile.OwnerOnly);
}
