using System.Security.Cryptography.X509Certificates;
using Provisioning.Cli.Api;

namespace Provisioning.Cli.Verbs;

/// <summary>The authorities of a service: one root, and all others vouched for by it.</summary>
internal sealed class Authorities : IDisposable
{
    private readonly List<X509Certificate2> _below = [];

    /// <summary>Takes what the service told, and checks that it hangs together.</summary>
    /// <exception cref="FailureException">It does not.</exception>
    internal Authorities(AuthorityList list)
    {
        if (list.Items.Where(entry => entry.Issuer == entry.Name).ToList() is not [var root])
            throw Inconsistent("does not name exactly one root");
        Root = X509Certificate2.CreateFromPem(root.Certificate);
        var below = list.Items.Where(entry => entry != root);
        _below.AddRange(below.Select(entry => X509Certificate2.CreateFromPem(entry.Certificate)));
        if (_below.FirstOrDefault(one => !IsVouchedFor(one)) is { } stranger)
            throw Inconsistent($"names '{stranger.Subject}', which its root does not vouch for");
    }

    /// <summary>The trust anchor.</summary>
    internal X509Certificate2 Root { get; }

    /// <summary>SHA-256 of the root.</summary>
    internal byte[] Fingerprint => Root.GetCertHash(System.Security.Cryptography.HashAlgorithmName.SHA256);

    /// <summary>The root.</summary>
    internal string RootPem => Root.ExportCertificatePem() + "\n";

    /// <summary>The authorities below the root, and the root last.</summary>
    internal string ChainPem => string.Concat(_below.Select(one => one.ExportCertificatePem() + "\n")) + RootPem;

    public void Dispose()
    {
        foreach (var one in _below) one.Dispose();
        Root.Dispose();
    }

    private static FailureException Inconsistent(string how) =>
        new(ExitCode.Failed, "not-understood", $"The service {how}. Nothing was written.");

    private bool IsVouchedFor(X509Certificate2 certificate)
    {
        using var chain = new X509Chain { ChainPolicy = TlsTrust.Policy([Root]) };

        // Judged are the signatures. A device that sets up its trust may not know the time yet.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.ExtraStore.AddRange(_below.ToArray());
        return chain.Build(certificate);
    }
}

/// <summary>What <c>ca --json</c> tells.</summary>
internal sealed record AuthoritiesReport
{
    /// <summary>The root's subject.</summary>
    public required string Subject { get; init; }

    /// <summary>The root's SHA-256 fingerprint, upper-case hex.</summary>
    public required string Sha256 { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Where it was written; absent when it was not.</summary>
    public string? File { get; init; }

    public required string Pem { get; init; }
}
