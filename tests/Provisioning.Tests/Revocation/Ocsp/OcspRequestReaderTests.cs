using System.Numerics;
using Provisioning.Core.Revocation.Ocsp;
using Provisioning.Tests.Certificates;

namespace Provisioning.Tests.Revocation.Ocsp;

/// <summary>The decoder alone: what is a request, and what is not.</summary>
public sealed class OcspRequestReaderTests
{
    private const string UnknownOid = "1.3.6.1.4.1.32473.1";
    private static readonly byte[] NameHash = new byte[20];
    private static readonly byte[] KeyHash = [.. Enumerable.Repeat((byte)7, 20)];

    public static TheoryData<string, int, OcspHash, int> Files { get; } = new()
    {
        { "openssl-sha1", 1, OcspHash.Sha1, 0 },
        { "openssl-sha256", 1, OcspHash.Sha256, 0 },
        { "openssl-sha1-nonce", 1, OcspHash.Sha1, 16 },
        { "openssl-several", 3, OcspHash.Sha1, 0 },
        { "openssl-signed", 1, OcspHash.Sha1, 16 },
        { "gnutls-sha1", 1, OcspHash.Sha1, 0 },
        { "pyca-sha256-nonce", 1, OcspHash.Sha256, 32 },
    };

    public static TheoryData<string> Names { get; } = new(Files.Select(row => row.Data.Item1));

    private static byte[] Serial => Der.Integer(new BigInteger(0x1234));

    [Theory]
    [MemberData(nameof(Files))]
    public void What_other_programs_ask_is_read(string name, int count, OcspHash hash, int nonce)
    {
        var request = OcspRequestReader.TryRead(Vector(name));

        Assert.NotNull(request);
        Assert.Equal(count, request.CertIds.Count);
        Assert.Equal(hash, request.CertIds[0].Hash);
        Assert.Equal(nonce == 0 ? null : nonce + 2, request.Nonce?.Length);
        if (name.StartsWith("openssl", StringComparison.Ordinal))
            Assert.Equal("1B5E7F0C2A944D1E8F63A7C0D4E912", request.CertIds[0].SerialNumber.ToString());
        if (count == 3) Assert.Equal((OcspHash.Sha256, "0102"), (request.CertIds[2].Hash, request.CertIds[2].SerialNumber.ToString()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void O_01_every_damage_to_a_request_gets_an_answer(string name)
    {
        var vector = Vector(name);
        foreach (var damaged in Mutations.OfDer(vector))
        {
            // Another hash or serial number is another question; but whatever is read has the form of one, and its CertIDs are slices of it.
            if (OcspRequestReader.TryRead(damaged) is not { } request) continue;
            Assert.InRange(request.CertIds.Count, 1, OcspRequestReader.MaxCertIds);
            Assert.All(request.CertIds, certId =>
            {
                Assert.InRange(certId.SerialNumber.ToOctets().Length, 1, 20);
                Assert.True(damaged.AsSpan().IndexOf(certId.Encoded.Span) > 0);
                Assert.True(certId.Hash == OcspHash.Other || certId.IssuerKeyHash.Length == (certId.Hash == OcspHash.Sha1 ? 20 : 32));
            });
            Assert.True(request.Nonce is null or { Length: >= 3 and <= 131 });
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void O_01_a_request_that_is_cut_off_or_followed_by_something_is_malformed(string name)
    {
        foreach (var cut in Mutations.Cuts(Vector(name))) Assert.Null(OcspRequestReader.TryRead(cut));
        Assert.Null(OcspRequestReader.TryRead((byte[])[.. Vector(name), 0]));
    }

    [Fact]
    public void O_01_junk_is_malformed()
    {
        var random = new Random(20261122);
        var junk = new byte[300];
        for (var i = 0; i < 10_000; i++)
        {
            random.NextBytes(junk);
            junk[0] = 0x30;
            Assert.Null(OcspRequestReader.TryRead(junk.AsMemory(0, random.Next(junk.Length))));
        }

        Assert.Null(OcspRequestReader.TryRead(Der.Nested(1000)));
    }

    [Fact]
    public void O_01_BER_that_is_not_DER_is_malformed()
    {
        var one = Der.Sequence(CertId());
        Refused(Der.Sequence(Der.Sequence(Der.Tlv(0xA0, Der.Integer(0)), Der.Sequence(one)))); // the default version, spelled out
        Refused(Der.Sequence(Der.Sequence(Der.Tlv(0xA0, Der.Integer(1)), Der.Sequence(one))));
        var good = OcspRequests.Of(CertId());
        Refused([0x30, 0x81, .. good[1..]]); // a length that is not minimal
        Refused([0x30, 0x80, .. good[2..], 0, 0]); // an indefinite one
        Refused(OcspRequests.Request([one], Der.Sequence(Der.Oid(UnknownOid), Der.False, Der.Octets(Der.Null)))); // the default, spelled out
        Refused(OcspRequests.Request([one], Der.Sequence(Der.Oid(UnknownOid), Der.Tlv(0x01, [0x01]), Der.Octets(Der.Null))));
        Refused(OcspRequests.Of(OcspRequests.CertId(OcspRequests.Sha1, NameHash, KeyHash, Der.Tlv(0x02, [0x00, 0x12]))));
    }

    [Fact]
    public void A_request_is_about_1_to_16_certificates()
    {
        var one = Der.Sequence(CertId());
        Refused(OcspRequests.Request([]));
        Assert.Equal(16, Read(OcspRequests.Request([.. Enumerable.Repeat(one, 16)])).CertIds.Count);
        Refused(OcspRequests.Request([.. Enumerable.Repeat(one, 17)]));
    }

    [Theory]
    [InlineData(OcspRequests.Sha1, 20, true)]
    [InlineData(OcspRequests.Sha1, 19, false)]
    [InlineData(OcspRequests.Sha1, 32, false)]
    [InlineData(OcspRequests.Sha1, 0, false)]
    [InlineData(OcspRequests.Sha256, 32, true)]
    [InlineData(OcspRequests.Sha256, 20, false)]
    [InlineData(OcspRequests.Sha256, 33, false)]
    public void O_05_a_hash_has_the_length_of_its_algorithm(string algorithm, int length, bool isGood)
    {
        byte[] right = new byte[algorithm == OcspRequests.Sha1 ? 20 : 32], other = new byte[length];
        Assert.Equal(isGood, OcspRequestReader.TryRead(OcspRequests.Of(OcspRequests.CertId(algorithm, other, right, Serial))) is not null);
        Assert.Equal(isGood, OcspRequestReader.TryRead(OcspRequests.Of(OcspRequests.CertId(algorithm, right, other, Serial))) is not null);
    }

    [Fact]
    public void O_05_parameters_of_a_hash_are_absent_or_NULL_and_an_unknown_hash_is_read()
    {
        foreach (var has in new[] { true, false })
            Assert.Equal(OcspHash.Sha1, Read(OcspRequests.Of(OcspRequests.CertId(OcspRequests.Sha1, NameHash, KeyHash, Serial, has))).CertIds[0].Hash);
        Refused(OcspRequests.Of(Der.Sequence(
            Der.Sequence(Der.Oid(OcspRequests.Sha1), Der.Sequence()), Der.Octets(NameHash), Der.Octets(KeyHash), Serial)));
        foreach (var other in new[] { "1.2.840.113549.2.5", "2.16.840.1.101.3.4.2.2", UnknownOid })
            Assert.Equal(OcspHash.Other, Read(OcspRequests.Of(OcspRequests.CertId(other, [1], [], Serial))).CertIds[0].Hash);
    }

    [Fact]
    public void O_06_an_ill_formed_serial_number_is_malformed()
    {
        Refused(OfSerial([0]));
        Refused(OfSerial([0x81]));
        Refused(OfSerial([0xFF, 0x7F]));
        Refused(OfSerial([0x01, .. new byte[20]]));
        Refused(OfSerial([0x00, 0x80, .. new byte[19]]));
        Refused(OfSerial([0x7F, .. new byte[1023]]));
        Refused(OfSerial([]));
        Assert.Equal(20, Read(OfSerial([0x7F, .. new byte[19]])).CertIds[0].SerialNumber.ToOctets().Length);
        Assert.Equal("80", Read(OfSerial([0x00, 0x80])).CertIds[0].SerialNumber.ToString());
    }

    [Fact]
    public void O_09_an_unknown_critical_extension_is_malformed_and_another_is_passed_over()
    {
        foreach (var isCritical in new[] { true, false })
        {
            var extension = OcspRequests.Extension(UnknownOid, Der.Null, isCritical);
            var inSingle = Der.Sequence(CertId(), Der.Tlv(0xA0, Der.Sequence(extension)));
            Assert.Equal(!isCritical, OcspRequestReader.TryRead(OcspRequests.Request([Der.Sequence(CertId())], extension)) is not null);
            Assert.Equal(!isCritical, OcspRequestReader.TryRead(OcspRequests.Request([inSingle])) is not null);
        }
    }

    [Fact]
    public void Extensions_come_once_each_and_not_in_an_empty_list()
    {
        var extension = OcspRequests.Extension(UnknownOid, Der.Null);
        var one = Der.Sequence(CertId());
        Refused(OcspRequests.Request([one], extension, extension));
        Refused(Der.Sequence(Der.Sequence(Der.Sequence(one), Der.Tlv(0xA2, Der.Sequence()))));
        Refused(Der.Sequence(Der.Sequence(Der.Sequence(one), Der.Tlv(0xA2, Der.Sequence(extension), Der.Null))));
        var acceptable = OcspRequests.Extension("1.3.6.1.5.5.7.48.1.4", Der.Sequence(Der.Oid("1.3.6.1.5.5.7.48.1.1")), isCritical: true);
        Assert.NotNull(OcspRequestReader.TryRead(OcspRequests.Request([one], acceptable)));
        Refused(OcspRequests.Request([one], OcspRequests.Extension("1.3.6.1.5.5.7.48.1.4", Der.Null)));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(15, true)]
    [InlineData(16, true)]
    [InlineData(32, true)]
    [InlineData(33, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    [InlineData(5000, false)]
    public void A_nonce_has_1_to_128_octets(int length, bool isGood) =>
        Assert.Equal(isGood, OcspRequestReader.TryRead(OcspRequests.WithNonce(new byte[length], CertId())) is not null);

    [Fact]
    public void A_nonce_is_an_OCTET_STRING_inside_the_extension()
    {
        var one = Der.Sequence(CertId());
        Refused(OcspRequests.Request([one], OcspRequests.Extension(OcspRequests.Nonce, [1, 2, 3, 4])));
        Refused(OcspRequests.Request([one], OcspRequests.Extension(OcspRequests.Nonce, [.. Der.Octets([1]), 0])));
        Refused(OcspRequests.Request([one], OcspRequests.Extension(OcspRequests.Nonce, Der.Tlv(0x24, Der.Octets([1])))));
    }

    [Fact]
    public void O_10_a_signature_and_a_name_are_passed_over_when_they_have_the_form_of_one()
    {
        var list = Der.Sequence(Der.Sequence(CertId()));
        var name = Der.Tlv(0xA1, Der.Tlv(0xA4, Der.Name(Der.Utf8("asker"))));
        var algorithm = Der.Sequence(Der.Oid("1.2.840.10045.4.3.2"));
        var signature = Der.Tlv(0xA0, Der.Sequence(algorithm, Der.Bits(1, 2, 3)));
        Assert.NotNull(OcspRequestReader.TryRead(Der.Sequence(Der.Sequence(list), signature)));
        Assert.NotNull(OcspRequestReader.TryRead(Der.Sequence(Der.Sequence(name, list))));
        var withCertificates = Der.Tlv(0xA0, Der.Sequence(algorithm, Der.Bits(1), Der.Tlv(0xA0, Der.Sequence(Der.Sequence()))));
        Assert.NotNull(OcspRequestReader.TryRead(Der.Sequence(Der.Sequence(name, list), withCertificates)));
        Refused(Der.Sequence(Der.Sequence(list), Der.Tlv(0xA0, Der.Sequence(algorithm))));
        Refused(Der.Sequence(Der.Sequence(list), Der.Tlv(0xA0, Der.Sequence(algorithm, Der.Bits(1), Der.Null))));
        Refused(Der.Sequence(Der.Sequence(list), Der.Null));
        Refused(Der.Sequence(Der.Sequence(Der.Tlv(0xA1, Der.Null, Der.Null), list)));
    }

    private static byte[] CertId() => OcspRequests.CertId(OcspRequests.Sha1, NameHash, KeyHash, Serial);

    private static byte[] OfSerial(byte[] content) =>
        OcspRequests.Of(OcspRequests.CertId(OcspRequests.Sha1, NameHash, KeyHash, Der.Tlv(0x02, content)));

    private static OcspRequest Read(byte[] der)
    {
        var request = OcspRequestReader.TryRead(der);
        Assert.NotNull(request);
        return request;
    }

    private static void Refused(byte[] der) => Assert.Null(OcspRequestReader.TryRead(der));

    private static byte[] Vector(string name) => Vectors.Read("ocsp", name + ".der");
}
