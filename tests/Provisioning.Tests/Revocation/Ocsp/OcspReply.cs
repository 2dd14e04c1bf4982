using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;

namespace Provisioning.Tests.Revocation.Ocsp;

/// <summary>An OCSPResponse as a client takes it apart (RFC 6960 §4.2.1), by code that shares nothing with the writer.</summary>
internal sealed class OcspReply
{
    private static readonly Asn1Tag Context0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Context1 = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag Context2 = new(TagClass.ContextSpecific, 2, isConstructed: true);
    private ReadOnlyMemory<byte> _data;
    private string _algorithm = "";
    private byte[] _signature = [];

    internal int Status { get; private init; }

    internal List<Single> Singles { get; } = [];

    internal byte[]? Nonce { get; private set; }

    internal byte[] KeyHash { get; private set; } = [];

    internal DateTimeOffset ProducedAt { get; private set; }

    internal byte[] Certificate { get; private set; } = [];

    /// <summary>The one answer that there is.</summary>
    internal Single Only => Assert.Single(Singles);

    internal static OcspReply Read(ReadOnlyMemory<byte> der)
    {
        var file = new AsnReader(der, AsnEncodingRules.DER);
        var response = file.ReadSequence();
        file.ThrowIfNotEmpty();
        var status = response.ReadEnumeratedBytes();
        var reply = new OcspReply { Status = status.Span[0] };
        if (reply.Status == 0)
        {
            var bytes = response.ReadSequence(Context0).ReadSequence();
            Assert.Equal("1.3.6.1.5.5.7.48.1.1", bytes.ReadObjectIdentifier());
            reply.ReadBasic(bytes.ReadOctetString());
            bytes.ThrowIfNotEmpty();
        }

        response.ThrowIfNotEmpty();
        return reply;
    }

    /// <summary>What a careful client checks: the delegation, the signature, the times.</summary>
    internal OcspReply Verified(Authority issuer, DateTimeOffset now)
    {
        Assert.Equal(0, Status);
        using var certificate = X509CertificateLoader.LoadCertificate(Certificate);
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { X509CertificateLoader.LoadCertificate(issuer.Certificate.Span) },
                ApplicationPolicy = { new Oid("1.3.6.1.5.5.7.3.9") },
                RevocationMode = X509RevocationMode.NoCheck,
                VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority,
                VerificationTime = now.UtcDateTime,
            },
        };
        Assert.True(chain.Build(certificate), string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation)));
        Assert.Equal(issuer.SubjectName.ToArray(), certificate.IssuerName.RawData);
        Assert.Contains(certificate.Extensions, extension => extension.Oid!.Value == "1.3.6.1.5.5.7.48.1.5");
        Assert.Equal(["1.3.6.1.5.5.7.3.9"], certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single()
            .EnhancedKeyUsages.Cast<Oid>().Select(oid => oid.Value!));
#pragma warning disable CA5350 // How a responder is named.
        Assert.Equal(SHA1.HashData(certificate.PublicKey.EncodedKeyValue.RawData), KeyHash);
#pragma warning restore CA5350
        Assert.True(IsSigned(certificate));
        Assert.All(Singles, single =>
        {
            Assert.True(single.ThisUpdate <= now, "thisUpdate is in the future");
            Assert.True(now < single.NextUpdate, "nextUpdate is over");
            Assert.True(single.NextUpdate <= certificate.NotAfter.ToUniversalTime(), "valid longer than its signer");
            Assert.True(single.ThisUpdate <= ProducedAt);
        });
        return this;
    }

    private bool IsSigned(X509Certificate2 certificate)
    {
        if (certificate.GetECDsaPublicKey() is { } ecdsa)
        {
            Assert.Equal("1.2.840.10045.4.3.2", _algorithm);
            return ecdsa.VerifyData(_data.Span, _signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }

        Assert.Equal("1.2.840.113549.1.1.11", _algorithm);
        return certificate.GetRSAPublicKey()!.VerifyData(_data.Span, _signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private void ReadBasic(byte[] der)
    {
        var file = new AsnReader(der, AsnEncodingRules.DER);
        var basic = file.ReadSequence();
        file.ThrowIfNotEmpty();
        _data = basic.PeekEncodedValue();
        ReadData(basic.ReadSequence());
        _algorithm = basic.ReadSequence().ReadObjectIdentifier();
        _signature = basic.ReadBitString(out _);
        var certificates = basic.ReadSequence(Context0).ReadSequence();
        Certificate = certificates.ReadEncodedValue().ToArray();
        certificates.ThrowIfNotEmpty();
        basic.ThrowIfNotEmpty();
    }

    private void ReadData(AsnReader data)
    {
        KeyHash = data.ReadSequence(Context2).ReadOctetString();
        ProducedAt = data.ReadGeneralizedTime();
        var singles = data.ReadSequence();
        while (singles.HasData) Singles.Add(Single.Read(singles.ReadSequence()));
        if (data.HasData) Nonce = new AsnReader(Extension(data.ReadSequence(Context1), OcspRequests.Nonce), AsnEncodingRules.DER).ReadOctetString();
        data.ThrowIfNotEmpty();
    }

    private static byte[] Extension(AsnReader wrapper, string oid)
    {
        var extensions = wrapper.ReadSequence();
        var extension = extensions.ReadSequence();
        extensions.ThrowIfNotEmpty();
        Assert.Equal(oid, extension.ReadObjectIdentifier());
        return extension.ReadOctetString();
    }

    /// <summary>What is said of one certificate.</summary>
    /// <param name="CertId">Its CertID, encoded.</param>
    /// <param name="Kind">0 for good, 1 for revoked, 2 for unknown.</param>
    /// <param name="RevokedAt">Since when.</param>
    /// <param name="Reason">Why, as a number.</param>
    internal sealed record Single(byte[] CertId, int Kind, DateTimeOffset? RevokedAt, int? Reason)
    {
        internal DateTimeOffset ThisUpdate { get; private init; }

        internal DateTimeOffset NextUpdate { get; private init; }

        internal DateTimeOffset? ArchiveCutoff { get; private init; }

        internal static Single Read(AsnReader reader)
        {
            var certId = reader.ReadEncodedValue().ToArray();
            var tag = reader.PeekTag();
            Assert.Equal(TagClass.ContextSpecific, tag.TagClass);
            DateTimeOffset? revokedAt = null;
            int? reason = null;
            if (tag.TagValue == 1)
            {
                var revoked = reader.ReadSequence(Context1);
                revokedAt = revoked.ReadGeneralizedTime();
                if (revoked.HasData) reason = revoked.ReadSequence(Context0).ReadEnumeratedBytes().Span[0];
                revoked.ThrowIfNotEmpty();
            }
            else
            {
                reader.ReadNull(tag);
            }

            var single = new Single(certId, tag.TagValue, revokedAt, reason)
            {
                ThisUpdate = reader.ReadGeneralizedTime(),
                NextUpdate = reader.ReadSequence(Context0).ReadGeneralizedTime(),
                ArchiveCutoff = reader.HasData
                    ? new AsnReader(Extension(reader.ReadSequence(Context1), "1.3.6.1.5.5.7.48.1.6"), AsnEncodingRules.DER).ReadGeneralizedTime()
                    : null,
            };
            reader.ThrowIfNotEmpty();
            return single;
        }
    }
}
