namespace Provisioning.Core.Authorities;

/// <summary>
/// Where relying parties find CRLs and CA certificates: plain HTTP, because whoever checks a certificate cannot be asked to
/// check another one first (RFC 5280 §4.2.1.13 and §8).
/// </summary>
/// <param name="PublicName">The host name or IP address of the service.</param>
/// <param name="HttpPort">The port of the plain listener as the outside sees it.</param>
public sealed record PublicAddresses(string PublicName, int HttpPort)
{
    /// <summary>Whether OCSP is answered at <see cref="Ocsp"/>, and certificates say so.</summary>
    public bool AnswersOcsp { get; init; }

    private string Root => HttpPort == 80 ? $"http://{Host}" : $"http://{Host}:{HttpPort}";

    private string Host => PublicName.Contains(':', StringComparison.Ordinal) ? $"[{PublicName}]" : PublicName;

    /// <summary>The address of an authority's CRL.</summary>
    /// <param name="authority">Its name.</param>
    /// <returns>An absolute URI.</returns>
    public string Crl(string authority) => $"{Root}/crl/{authority}.crl";

    /// <summary>The address of an authority's certificate.</summary>
    /// <param name="authority">Its name.</param>
    /// <returns>An absolute URI.</returns>
    public string Certificate(string authority) => $"{Root}/ca/{authority}.cer";

    /// <summary>What names this service in its events.</summary>
    public string EventSource => $"https://{Host}/api/v1/revocations";

    /// <summary>The address of OCSP (RFC 5280 §4.2.2.1).</summary>
    /// <param name="authority">Who has signed the certificate in question.</param>
    /// <returns>An absolute URI; null where nobody answers: OCSP is off, or it was the root, whose CRL tells.</returns>
    public string? Ocsp(string authority) => AnswersOcsp && authority != AuthorityDirectory.RootName ? $"{Root}/ocsp" : null;
}
