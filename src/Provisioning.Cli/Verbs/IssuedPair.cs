using System.Security.Cryptography.X509Certificates;
using System.Text;
using Provisioning.Cli.Api;

namespace Provisioning.Cli.Verbs;

/// <summary>Looks at an answer before it takes the place of anything.</summary>
internal static class IssuedPair
{
    // Refusals that stay refusals for as long as the key is the same; every other one may be over by the next run.
    private static readonly HashSet<string> AboutTheKey =
    [
        "bad-key", "roca", "unsupported-key", "key-not-allowed", "key-blocked", "key-in-use", "bad-csr", "pop-invalid",
    ];

    /// <summary>Whether the key that was sent can never get a certificate.</summary>
    internal static bool IsAboutTheKey(FailureException failure) => AboutTheKey.Contains(failure.Code);

    /// <summary>The certificate and those between it and the root, PEM; the root is the other side's to know.</summary>
    /// <param name="issued">The answer.</param>
    /// <param name="publicKey">The key that was asked for, SubjectPublicKeyInfo in DER.</param>
    /// <exception cref="FailureException">The answer is for another key: that pair would not work.</exception>
    internal static string ToChain(IssuedCertificate issued, ReadOnlySpan<byte> publicKey)
    {
        using var leaf = X509Certificate2.CreateFromPem(issued.Certificate);
        if (!publicKey.SequenceEqual(leaf.PublicKey.ExportSubjectPublicKeyInfo()))
        {
            throw new FailureException(
                ExitCode.Failed,
                "wrong-key",
                $"The service answered with a certificate of another key, {issued.SerialNumber}. It was not stored.");
        }

        var chain = new StringBuilder(WithNewline(issued.Certificate));
        foreach (var pem in issued.Chain)
        {
            using var above = X509Certificate2.CreateFromPem(pem);
            var isRoot = above.SubjectName.RawData.AsSpan().SequenceEqual(above.IssuerName.RawData);
            if (!isRoot) chain.Append(WithNewline(pem));
        }

        return chain.ToString();
    }

    private static string WithNewline(string pem) => pem.TrimEnd() + "\n";
}
