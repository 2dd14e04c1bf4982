using System.Buffers.Binary;
using Provisioning.Core.Certificates;

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

    /// <summary>Over how many CRLs new certificates are spread; 1 for one CRL without shards.</summary>
    public int CrlShards { get; init; } = 1;

    private string Root => HttpPort == 80 ? $"http://{Host}" : $"http://{Host}:{HttpPort}";

    private string Host => PublicName.Contains(':', StringComparison.Ordinal) ? $"[{PublicName}]" : PublicName;

    /// <summary>The address of an authority's CRL.</summary>
    /// <param name="authority">Its name.</param>
    /// <returns>An absolute URI.</returns>
    public string Crl(string authority) => $"{Root}/crl/{authority}.crl";

    /// <summary>The address of one of an authority's CRLs.</summary>
    /// <param name="authority">Its name.</param>
    /// <param name="shard">The shard; 0 for the CRL without shards.</param>
    /// <param name="isDelta">Whether its delta CRL is meant (RFC 5280 §5.2.6).</param>
    /// <returns>An absolute URI.</returns>
    public string Crl(string authority, int shard, bool isDelta = false) =>
        $"{Root}/crl/{authority}{(shard == 0 ? "" : $"/{shard}")}{(isDelta ? ".delta" : "")}.crl";

    /// <summary>The shard whose CRL will list a new certificate, for ever. The serial number is random, and so all shards grow alike.</summary>
    /// <param name="authority">Who will sign it.</param>
    /// <param name="serialNumber">Of the certificate.</param>
    /// <returns>1 to <see cref="CrlShards"/>; 0 where there are no shards: the root signs little.</returns>
    public int ShardOf(string authority, SerialNumber serialNumber)
    {
        if (CrlShards == 1 || authority == AuthorityDirectory.RootName) return 0;
        Span<byte> last = stackalloc byte[8];
        last.Clear();
        var octets = serialNumber.ToOctets().AsSpan();
        octets[^Math.Min(last.Length, octets.Length)..].CopyTo(last);
        return 1 + (int)(BinaryPrimitives.ReadUInt64BigEndian(last) % (ulong)CrlShards);
    }

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
