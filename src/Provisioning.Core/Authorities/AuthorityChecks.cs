using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>What is asked of authorities that were signed elsewhere.</summary>
internal static class AuthorityChecks
{
    /// <summary>Reads a certificate.</summary>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    internal static X509Certificate2 Load(string pem, string name)
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

    /// <summary>RFC 5280 §4.2.1.9 and §4.2.1.3: what an authority's certificate must say so that relying parties accept what it signs.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    internal static void CheckAuthority(X509Certificate2 certificate, string name)
    {
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true, Critical: true })
            throw new InvalidDataException($"The {name} certificate has no critical basicConstraints with CA:TRUE.");
        const X509KeyUsageFlags signs = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;
        if (certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is not { } usage || (usage.KeyUsages & signs) != signs)
            throw new InvalidDataException($"The {name} certificate's keyUsage lacks keyCertSign or cRLSign.");
        if (!certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any())
            throw new InvalidDataException($"The {name} certificate has no subjectKeyIdentifier.");
    }

    /// <summary>Checks that the root has signed the issuing certificate, and that both are valid.</summary>
    /// <exception cref="InvalidDataException">It has not, or one is not.</exception>
    internal static void CheckChain(X509Certificate2 root, X509Certificate2 issuing, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        if (!chain.Build(issuing) || chain.ChainElements.Count != 2)
        {
            var problems = string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()));
            throw new InvalidDataException($"The root did not sign the issuing certificate, or one is not valid now. {problems}");
        }
    }

    /// <summary>Checks that a certificate is that of a key.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    internal static void CheckKey(X509Certificate2 issuing, SigningKey key)
    {
        if (key.PublicKey.Thumbprint != Digest.Of(issuing.PublicKey.ExportSubjectPublicKeyInfo()))
            throw new InvalidDataException("The issuing certificate does not belong to the issuing key.");
    }

    /// <summary>RFC 5280 §4.1.2.4: who finds an issuer by its name must not find two; nor two names for one key.</summary>
    /// <exception cref="InvalidDataException">The name or the key is that of another authority.</exception>
    internal static void CheckIsNew(ReadOnlyMemory<byte> subject, Digest keyThumbprint, IReadOnlyList<Authority> present)
    {
        // As people read it: names that differ in their encoding only, or in their case, are one (RFC 5280 §7.1).
        var name = new X500DistinguishedName(subject.Span).Name;
        if (present.FirstOrDefault(one => string.Equals(one.DisplayName, name, StringComparison.OrdinalIgnoreCase)) is { } same)
        {
            throw new InvalidDataException(
                $"The name '{name}' is that of '{same.Name}' already, and nothing was signed. Set Provisioning__Authority__IssuingName to another "
                + "one, or leave it out for a name that is made up.");
        }

        if (present.FirstOrDefault(one => one.KeyThumbprint == keyThumbprint) is { } holder)
            throw new InvalidDataException($"The key is that of '{holder.Name}' already.");
    }

    /// <summary>Makes the request that an offline root is to sign.</summary>
    /// <returns>PEM.</returns>
    internal static string Request(SigningKey key, string commonName)
    {
        var name = new X500DistinguishedName(DistinguishedName.Encode(commonName));
        return key.Use(algorithm =>
        {
            var request = algorithm is ECDsa ecdsa
                ? new CertificateRequest(name, ecdsa, key.SignatureAlgorithm.Hash)
                : new CertificateRequest(name, (RSA)algorithm, key.SignatureAlgorithm.Hash, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
            request.CertificateExtensions.Add(
                new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
            return request.CreateSigningRequestPem();
        });
    }
}
