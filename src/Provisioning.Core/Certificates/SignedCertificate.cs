using System.Formats.Asn1;

namespace Provisioning.Core.Certificates;

/// <summary>The three parts of a signed certificate (RFC 5280 §4.1).</summary>
/// <param name="Tbs">The TBSCertificate, encoded.</param>
/// <param name="Algorithm">The AlgorithmIdentifier, encoded.</param>
/// <param name="Signature">The value of the BIT STRING.</param>
internal sealed record SignedCertificate(
    ReadOnlyMemory<byte> Tbs, ReadOnlyMemory<byte> Algorithm, ReadOnlyMemory<byte> Signature)
{
    /// <summary>Splits a certificate.</summary>
    /// <exception cref="AsnContentException">It is not one.</exception>
    internal static SignedCertificate Decode(ReadOnlyMemory<byte> der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var certificate = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var tbs = certificate.ReadEncodedValue();
        var algorithm = certificate.ReadEncodedValue();
        var signature = certificate.ReadBitString(out var unused);
        certificate.ThrowIfNotEmpty();
        return unused == 0
            ? new SignedCertificate(tbs, algorithm, signature)
            : throw new AsnContentException("A signature with unused bits.");
    }
}
