using System.Security.Cryptography;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>What goes back to a client: an OCSPResponse and what HTTP says of it.</summary>
public sealed class OcspAnswer
{
    private const int TagOctets = 16;

    private OcspAnswer(OcspResponseStatus status, byte[] octets, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, bool isForAll)
    {
        Status = status;
        Octets = octets;
        ThisUpdate = thisUpdate;
        NextUpdate = nextUpdate;
        IsForAll = isForAll;
    }

    /// <summary>Its status; anything but successful is not signed.</summary>
    public OcspResponseStatus Status { get; }

    /// <summary>The DER of the OCSPResponse.</summary>
    public ReadOnlyMemory<byte> Octets { get; }

    /// <summary>When the status was read; meaningless without a signature.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>Until when it may be used; meaningless without a signature.</summary>
    public DateTimeOffset NextUpdate { get; }

    /// <summary>Whether whoever asks for the same may be given it: signed, and without a nonce.</summary>
    public bool IsForAll { get; }

    /// <summary>A strong validator: half of the SHA-256 of all octets, in hexadecimal; made when it is asked for.</summary>
    public string Tag => field ??= Convert.ToHexString(SHA256.HashData(Octets.Span).AsSpan(0, TagOctets));

    internal static OcspAnswer Error(OcspResponseStatus status) =>
        new(status, OcspResponseWriter.Error(status), default, default, isForAll: false);

    internal static OcspAnswer Signed(byte[] octets, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, bool isForAll) =>
        new(OcspResponseStatus.Successful, octets, thisUpdate, nextUpdate, isForAll);
}
