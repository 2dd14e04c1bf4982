using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>The encrypted keys in <c>pki/*.key</c>.</summary>
/// <param name="data">Where they are.</param>
/// <param name="passphrase">Their passphrase.</param>
public sealed class KeyFiles(DataDirectory data, string passphrase)
{
    /// <summary>Reads a key.</summary>
    /// <param name="name"><c>root</c>, <c>issuing</c> or <c>server</c>.</param>
    /// <returns>The key, which the caller owns; null when there is no file.</returns>
    /// <exception cref="InvalidDataException">The file cannot be read with the passphrase; the message says which.</exception>
    public SigningKey? TryLoad(string name)
    {
        var path = data.KeyFile(name);
        if (!File.Exists(path)) return null;
        try
        {
            return SigningKey.FromEncryptedPem(File.ReadAllText(path), passphrase);
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException)
        {
            // The platform says the second where there is no PEM at all.
            throw new InvalidDataException($"Cannot use the key file '{path}': {problem.Message}", problem);
        }
    }

    /// <summary>Reads a key that can be made anew at any time, unlike that of an authority.</summary>
    /// <param name="name">As above.</param>
    /// <returns>The key, which the caller owns; null when the file is missing or damaged.</returns>
    public SigningKey? TryLoadUndamaged(string name)
    {
        try
        {
            return TryLoad(name);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Reads the certificate beside such a key.</summary>
    /// <param name="name">As above.</param>
    /// <returns>The certificate, which the caller owns; null when the file is missing or damaged.</returns>
    public X509Certificate2? TryLoadCertificate(string name)
    {
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(data.CertificateFile(name)));
        }
        catch (Exception problem) when (problem is IOException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Reads a key, or makes one and writes it before anybody uses it.</summary>
    /// <param name="name">As above.</param>
    /// <param name="algorithm">The kind of a new key.</param>
    /// <returns>The key; the caller owns it.</returns>
    public SigningKey LoadOrCreate(string name, KeyAlgorithm algorithm)
    {
        if (TryLoad(name) is { } existing) return existing;
        var key = SigningKey.Create(algorithm);
        Save(name, key);
        return key;
    }

    /// <summary>The private value of a P-256 key that is used for nothing else: 32 octets from which secrets are derived.</summary>
    /// <param name="name">The key; made when it is not there.</param>
    /// <returns>The octets.</returns>
    public byte[] LoadOrCreateSecret(string name)
    {
        using var key = LoadOrCreate(name, KeyAlgorithm.P256);
        return key.Use(one => ((ECDsa)one).ExportParameters(includePrivateParameters: true).D!);
    }

    /// <summary>Writes a key, replacing the one before.</summary>
    /// <param name="name">As above.</param>
    /// <param name="key">The key.</param>
    public void Save(string name, SigningKey key) =>
        DurableFile.Write(data.KeyFile(name), System.Text.Encoding.ASCII.GetBytes(key.ToEncryptedPem(passphrase)), DurableFile.OwnerOnly);
}
