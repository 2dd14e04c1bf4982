using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Cli;

/// <summary>Throw-away certificates.</summary>
internal static class TestCertificates
{
    /// <summary>A root, good for a server on localhost too.</summary>
    internal static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(Start, Start.AddYears(60));
    }

    /// <summary>A certificate over the key of a request.</summary>
    internal static X509Certificate2 Issue(X509Certificate2 issuer, string csr)
    {
        var request = CertificateRequest.LoadSigningRequestPem(csr, HashAlgorithmName.SHA256);
        return request.Create(issuer, Start, Start.AddYears(50), [0x40, .. RandomNumberGenerator.GetBytes(15)]);
    }

    private static DateTimeOffset Start { get; } = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
}
