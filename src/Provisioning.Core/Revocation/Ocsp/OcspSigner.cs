using System.Formats.Asn1;
using System.Security.Cryptography;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>
/// The key that answers for an authority, with the certificate by which the authority has delegated that to it (RFC 6960 §4.2.2.2). The
/// authority's own key signs certificates and CRLs, and never an answer.
/// </summary>
internal sealed class OcspSigner
{
    private readonly SigningKey _key;
    private readonly byte[] _keyHash;

    private OcspSigner(SigningKey key, ReadOnlyMemory<byte> certificate, TbsCertificate tbs)
    {
        _key = key;
        _keyHash = OcspIssuer.KeyHash(key.PublicKey.SubjectPublicKeyInfo.Span);
        Certificate = certificate;
        SerialNumber = SerialNumber.TryFromOctets(tbs.SerialNumber.Span, out var serialNumber) ? serialNumber : throw new AsnContentException();
        NotBefore = tbs.NotBefore;
        NotAfter = tbs.NotAfter;
    }

    /// <summary>Its certificate, DER.</summary>
    internal ReadOnlyMemory<byte> Certificate { get; }

    /// <summary>The serial number of its certificate.</summary>
    internal SerialNumber SerialNumber { get; }

    /// <summary>Its certificate is valid from then on.</summary>
    internal DateTimeOffset NotBefore { get; }

    /// <summary>Its certificate is valid until then; no answer is valid longer.</summary>
    internal DateTimeOffset NotAfter { get; }

    /// <summary>
    /// Takes a key and its certificate, if a client would take an answer of theirs: the authority has signed the certificate, it is for
    /// OCSPSigning, and what the key signs verifies under it.
    /// </summary>
    /// <param name="authority">The authority.</param>
    /// <param name="key">The key; kept when the result is not null.</param>
    /// <param name="der">The certificate.</param>
    /// <returns>The signer, or null.</returns>
    internal static OcspSigner? TryCreate(Authority authority, SigningKey key, ReadOnlyMemory<byte> der)
    {
        try
        {
            var certificate = SignedCertificate.Decode(der);
            var tbs = TbsCertificate.Decode(certificate.Tbs);
            using var issuer = new AuthorityVerifier(authority);
            if (!issuer.IsGood(AlgorithmOf(certificate.Algorithm), certificate.Tbs.Span, certificate.Signature.Span)
                || !tbs.Issuer.Span.SequenceEqual(authority.SubjectName.Span)
                || !IsForOcsp(tbs))
            {
                return null;
            }

            var signer = new OcspSigner(key, der, tbs);
            return signer.Proves() ? signer : null;
        }
        catch (Exception problem) when (problem is AsnContentException or CryptographicException)
        {
            // A damaged file, or a key that does not work: another one is made.
            return null;
        }
    }

    /// <summary>Signs an answer.</summary>
    /// <exception cref="CryptographicException">The key cannot be used now.</exception>
    internal OcspAnswer Sign(
        ReadOnlySpan<(OcspCertId CertId, OcspCertStatus Status)> certificates,
        DateTimeOffset thisUpdate,
        DateTimeOffset nextUpdate,
        DateTimeOffset archiveCutoff,
        ReadOnlyMemory<byte>? nonce)
    {
        var data = OcspResponseWriter.ResponseData(_keyHash, thisUpdate, nextUpdate, certificates, archiveCutoff, nonce);
        var signature = _key.Sign(data);
        return OcspAnswer.Signed(
            OcspResponseWriter.Successful(data, _key.SignatureAlgorithm, signature, Certificate.Span), thisUpdate, nextUpdate, isForAll: nonce is null);
    }

    // With the key in the certificate, not with the one in memory: that is what a client has.
    private bool Proves()
    {
        var data = OcspResponseWriter.ResponseData(_keyHash, NotBefore, NotAfter, [], NotBefore, null);
        using var verifier = new AuthorityVerifier(Certificate);
        return verifier.IsGood(AlgorithmOf(_key.SignatureAlgorithm.Identifier), data, _key.Sign(data));
    }

    private static bool IsForOcsp(TbsCertificate tbs) =>
        tbs.Find(Oids.OcspNoCheck) is not null && Purposes.Of(tbs) is [Oids.OcspSigning];

    private static string AlgorithmOf(ReadOnlyMemory<byte> identifier) =>
        new AsnReader(identifier, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier();
}
