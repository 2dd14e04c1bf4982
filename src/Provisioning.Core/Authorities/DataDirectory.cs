namespace Provisioning.Core.Authorities;

/// <summary>Where everything is below the data directory.</summary>
/// <param name="Path">The directory.</param>
public sealed record DataDirectory(string Path)
{
    /// <summary>Certificates for everybody, and keys in encrypted PKCS#8.</summary>
    public string Pki => System.IO.Path.Combine(Path, "pki");

    /// <summary>Credentials for people and factory lines, made at the first start or by <c>init</c>.</summary>
    public string Credentials => System.IO.Path.Combine(Path, "credentials");

    /// <summary>The published CRLs.</summary>
    public string Crls => System.IO.Path.Combine(Path, "crl");

    /// <summary>All generations of the issuing authority, newest first, and the root, PEM: for brokers and others who judge certificates of devices.</summary>
    public string ChainFile => System.IO.Path.Combine(Pki, "chain.pem");

    /// <summary>The certificate of an authority or of the server, PEM.</summary>
    /// <param name="name"><c>root</c>, <c>issuing</c> or <c>server</c>.</param>
    /// <returns>The path.</returns>
    public string CertificateFile(string name) => System.IO.Path.Combine(Pki, name + ".pem");

    /// <summary>The key of an authority or of the server, encrypted PKCS#8 in PEM.</summary>
    /// <param name="name"><c>root</c>, <c>issuing</c> or <c>server</c>.</param>
    /// <returns>The path.</returns>
    public string KeyFile(string name) => System.IO.Path.Combine(Pki, name + ".key");

    /// <summary>A file of a credential.</summary>
    /// <param name="name"><c>admin</c>, <c>factory-line</c>.</param>
    /// <param name="extension"><c>pem</c>, <c>key</c> or <c>p12</c>.</param>
    /// <returns>The path.</returns>
    public string CredentialFile(string name, string extension) => System.IO.Path.Combine(Credentials, $"{name}.{extension}");

    /// <summary>Makes the folders; those with secrets are for the owner only.</summary>
    public void Create()
    {
        foreach (var folder in new[] { Path, Pki, Credentials, Crls })
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, DurableFile.OwnerOnly | UnixFileMode.UserExecute);
        }
    }
}
