using System.Formats.Asn1;
using System.Security.Cryptography;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>
/// Encodes a v2 CertificateList (RFC 5280 §5) in linear time and constant memory. The TBSCertList is encoded twice: a
/// dry pass that only hashes it, and, once its hash is on record and signed, a pass that writes the file. Encoding is
/// so cheap beside a second reading of the file that nothing is gained by keeping the first result.
/// </summary>
internal sealed class CrlWriter
{
    private static readonly byte[] Version2 = [0x02, 0x01, 0x01];

    private byte[]? _extensions;

    /// <summary>How it is signed.</summary>
    public required SignatureAlgorithm Algorithm { get; init; }

    /// <summary>The DER name of the issuer.</summary>
    public required ReadOnlyMemory<byte> Issuer { get; init; }

    /// <summary>The subject key identifier of the issuer.</summary>
    public required ReadOnlyMemory<byte> AuthorityKeyIdentifier { get; init; }

    /// <summary>The CRL number.</summary>
    public required long Number { get; init; }

    /// <summary>For a delta CRL, the number of its base; else null.</summary>
    public long? BaseNumber { get; init; }

    /// <summary>
    /// The addresses in the certificates that it is for; none when it is for all of the authority's, and says nothing of its scope.
    /// </summary>
    public IReadOnlyList<string> DistributionPoint { get; init; } = [];

    /// <summary>Where its delta CRLs are, or null when there are none.</summary>
    public string? DeltaAddress { get; init; }

    /// <summary>When it is made.</summary>
    public required DateTimeOffset ThisUpdate { get; init; }

    /// <summary>By when the next one is out.</summary>
    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>What is revoked. Must not change any more.</summary>
    public required CrlEntries Entries { get; init; }

    private byte[] Extensions => _extensions ??= EncodeExtensions();

    private long RevokedLength =>
        Entries.Count == 0 ? 0 : DerOutput.HeaderLength(Entries.EncodedLength) + Entries.EncodedLength;

    private long TbsContentLength =>
        Version2.Length + Algorithm.Identifier.Length + Issuer.Length + DerOutput.TimeLength(ThisUpdate)
        + DerOutput.TimeLength(NextUpdate) + RevokedLength + Extensions.Length;

    /// <summary>The dry pass.</summary>
    /// <returns>The hash that goes on record, and the hash that is signed.</returns>
    public CrlHashes Hash()
    {
        using var onRecord = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var signed = IncrementalHash.CreateHash(Algorithm.Hash);
        var output = new DerOutput(octets =>
        {
            onRecord.AppendData(octets);
            signed.AppendData(octets);
        });
        WriteTbs(output);
        output.Flush();
        return new CrlHashes(Digest.FromOctets(onRecord.GetHashAndReset()), signed.GetHashAndReset());
    }

    /// <summary>Writes the signed CRL.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="signature">Over the TBSCertList, as it goes into the BIT STRING.</param>
    /// <returns>
    /// SHA-256 of the whole CRL, and the hash of the TBSCertList as it was written: what the signature must be verified
    /// against.
    /// </returns>
    public CrlHashes Write(Stream stream, ReadOnlySpan<byte> signature)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var signed = IncrementalHash.CreateHash(Algorithm.Hash);
        var inTbs = false;
        var output = new DerOutput(octets =>
        {
            whole.AppendData(octets);
            if (inTbs) signed.AppendData(octets);
            stream.Write(octets);
        });

        var tbs = DerOutput.HeaderLength(TbsContentLength) + TbsContentLength;
        var bits = 1 + signature.Length;
        output.WriteHeader(0x30, tbs + Algorithm.Identifier.Length + DerOutput.HeaderLength(bits) + bits);
        output.Flush();

        inTbs = true;
        WriteTbs(output);
        output.Flush();
        inTbs = false;

        output.WriteRaw(Algorithm.Identifier.Span);
        output.WriteHeader(0x03, bits);
        output.WriteRaw([0]);
        output.WriteRaw(signature);
        output.Flush();
        return new CrlHashes(Digest.FromOctets(whole.GetHashAndReset()), signed.GetHashAndReset());
    }

    private void WriteTbs(DerOutput output)
    {
        output.WriteHeader(0x30, TbsContentLength);
        output.WriteRaw(Version2);
        output.WriteRaw(Algorithm.Identifier.Span);
        output.WriteRaw(Issuer.Span);
        output.WriteTime(ThisUpdate);
        output.WriteTime(NextUpdate);

        // RFC 5280 §5.1.2.6: "When there are no revoked certificates, the revoked certificates list MUST be absent."
        if (Entries.Count > 0)
        {
            output.WriteHeader(0x30, Entries.EncodedLength);
            Entries.WriteTo(output);
        }

        output.WriteRaw(Extensions);
    }

    private byte[] EncodeExtensions()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (writer.PushSequence())
            CrlExtensions.Write(writer, this);
        return writer.Encode();
    }
}
