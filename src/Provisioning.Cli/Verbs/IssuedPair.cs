using System.Security.Cryptography.X509Certificates;
using System.Text;
using Provisioning.Cli.Api;
using Provisioning.Cli.Files;

namespace Provisioning.Cli.Verbs;

/// <summary>Gets a certificate for a key that waits for one, and looks at the answer before it takes the place of anything.</summary>
internal static class IssuedPair
{
    // Refusals that stay refusals for as long as the key is the same; every other one may be over by the next run.
    private static readonly HashSet<string> AboutTheKey =
    [
        "bad-key", "roca", "unsupported-key", "key-not-allowed", "key-blocked", "key-in-use", "bad-csr", "pop-invalid",
        "new-key-required", "new-key-not-allowed",
    ];

    /// <summary>Sends the request of a pair, and puts key and certificate in place. What can never be certified is not kept.</summary>
    /// <param name="files">Where they go.</param>
    /// <param name="pair">The key and its request.</param>
    /// <param name="send">Sends the request, PEM.</param>
    /// <returns>What is on the disk now.</returns>
    /// <exception cref="FailureException">It was refused; what was there before is there still.</exception>
    internal static async Task<PairReport> ObtainAsync(
        KeyPairFiles files, PendingPair pair, Func<string, Task<IssuedCertificate>> send)
    {
        try
        {
            var issued = await send(pair.Request.Pem);
            files.Install(ToChain(issued, pair.Request.PublicKey.Span));
            return PairReport.Of(issued, files.Certificate, files.Key);
        }
        catch (FailureException failure) when (AboutTheKey.Contains(failure.Code))
        {
            files.Discard();
            throw;
        }
    }

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
