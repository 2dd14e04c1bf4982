using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

public sealed class CrlWriterTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public static TheoryData<string, string> Times => new()
    {
        { "1949-12-31T23:59:59Z", "180F31393439313233313233353935395A" },
        { "1950-01-01T00:00:00Z", "170D3530303130313030303030305A" },
        { "2049-12-31T23:59:59Z", "170D3439313233313233353935395A" },
        { "2050-01-01T00:00:00Z", "180F32303530303130313030303030305A" },
        { "2026-07-08T09:10:11.999+02:00", "170D3236303730383037313031315A" },
    };

    [Theory]
    [MemberData(nameof(Times))]
    public void Times_are_UTCTime_through_2049_and_GeneralizedTime_outside(string at, string der)
    {
        var octets = new List<byte>();
        var output = new DerOutput(chunk => octets.AddRange(chunk));
        output.WriteTime(DateTimeOffset.Parse(at));
        output.Flush();
        Assert.Equal(der, Convert.ToHexString([.. octets]));
        Assert.Equal(octets.Count, DerOutput.TimeLength(DateTimeOffset.Parse(at)));
    }

    [Theory]
    [InlineData(0L, "3000")]
    [InlineData(0x7FL, "307F")]
    [InlineData(0x80L, "308180")]
    [InlineData(0xFFL, "3081FF")]
    [InlineData(0x100L, "30820100")]
    [InlineData(0xFFFFL, "3082FFFF")]
    [InlineData(0x10000L, "3083010000")]
    [InlineData(0x1000000L, "308401000000")]
    [InlineData(0x123456789AL, "3085123456789A")]
    public void Lengths_are_minimal(long length, string der)
    {
        var octets = new List<byte>();
        var output = new DerOutput(chunk => octets.AddRange(chunk));
        output.WriteHeader(0x30, length);
        output.Flush();
        Assert.Equal(der, Convert.ToHexString([.. octets]));
        Assert.Equal(octets.Count, DerOutput.HeaderLength(length));
    }

    [Theory]
    [InlineData(KeyAlgorithm.P256)]
    [InlineData(KeyAlgorithm.P384)]
    [InlineData(KeyAlgorithm.P521)]
    [InlineData(KeyAlgorithm.Rsa2048)]
    public void Every_kind_of_key_signs_a_CRL_that_verifies(KeyAlgorithm algorithm)
    {
        using var authority = TestAuthority.Create("issuing", algorithm);
        var facts = CrlFacts.TryRead("issuing", Write(authority, AllReasons()));
        Assert.NotNull(facts);
        Assert.True(facts.IsSignedBy(authority));

        using var other = TestAuthority.Create("issuing", algorithm);
        Assert.False(facts.IsSignedBy(other));
    }

    [Fact]
    public void Every_octet_is_the_one_that_the_platform_encodes()
    {
        using var authority = TestAuthority.Create("issuing");
        var entries = AllReasons();
        var crl = Writer(authority, entries);
        var expected = Expected(authority, crl, entries);
        Assert.Equal(Digest.Of(expected), crl.Hash().Sha256);

        var der = Write(authority, entries);
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(CrlFacts.TryRead("issuing", der)!.Tbs.Span));
    }

    [Fact]
    public void An_empty_CRL_has_no_list_of_revoked_certificates()
    {
        using var authority = TestAuthority.Create("issuing");
        var crl = Writer(authority, []);
        Assert.Equal(Digest.Of(Expected(authority, crl, [])), crl.Hash().Sha256);
        _ = CertificateRevocationListBuilder.Load(Write(authority, []), out var number);
        Assert.Equal(crl.Number, number);
    }

    [Fact]
    public void The_platform_reads_back_every_entry()
    {
        using var authority = TestAuthority.Create("issuing");
        var entries = Enumerable.Range(0, 5_000).Select(i => new RevokedEntry(
            SerialNumber.NewRandom().ToOctets(), Now.AddSeconds(-i), (RevocationReason)(i % 7))).ToList();
        var builder = CertificateRevocationListBuilder.Load(Write(authority, entries), out _);
        foreach (var entry in entries) Assert.True(builder.RemoveEntry(entry.SerialNumber));
    }

    [Fact]
    public void Both_passes_write_the_same_and_name_the_hash_of_the_file()
    {
        using var authority = TestAuthority.Create("issuing", KeyAlgorithm.P384);
        var crl = Writer(authority, AllReasons());
        using var stream = new MemoryStream();
        var dry = crl.Hash();
        var written = crl.Write(stream, authority.Key!.SignHash(dry.Signed));
        Assert.Equal(dry.Signed, written.Signed);
        Assert.Equal(Digest.Of(stream.ToArray()), written.Sha256);
        Assert.Equal(SHA384.HashSizeInBytes, dry.Signed.Length);
    }

    [Fact]
    public void Entries_stay_whole_across_chunks_and_serial_numbers_of_every_length()
    {
        using var authority = TestAuthority.Create("issuing");
        var entries = Enumerable.Range(0, 20_000).Select(i => new RevokedEntry(
            [.. Enumerable.Repeat((byte)0xFF, i % 16), 1, .. BitConverter.GetBytes(i)],
            Now,
            RevocationReason.Superseded)).ToList();
        var crl = Writer(authority, entries);
        Assert.Equal(Digest.Of(Expected(authority, crl, entries)), crl.Hash().Sha256);
        Assert.Equal(entries.Count, CrlFacts.TryRead("issuing", Write(authority, entries))!.Status.Entries);
    }

    [Fact]
    public void A_serial_number_that_no_CRL_can_list_is_not_taken()
    {
        var entries = new CrlEntries();
        Assert.False(entries.TryAdd(new RevokedEntry([], Now, RevocationReason.Unspecified)));
        Assert.False(entries.TryAdd(new RevokedEntry([0, 0], Now, RevocationReason.Unspecified)));
        byte[] tooLong = [.. Enumerable.Repeat((byte)1, 21)];
        Assert.False(entries.TryAdd(new RevokedEntry(tooLong, Now, RevocationReason.Unspecified)));
        Assert.Equal(0, entries.Count);
        Assert.Equal(0, entries.EncodedLength);
    }

    [Fact]
    public void An_unknown_reason_is_left_out_but_its_entry_is_not()
    {
        using var authority = TestAuthority.Create("issuing");
        var odd = Writer(authority, [new RevokedEntry([1], Now, (RevocationReason)77)]);
        var plain = Writer(authority, [new RevokedEntry([1], Now, RevocationReason.Unspecified)]);
        Assert.Equal(plain.Hash().Sha256, odd.Hash().Sha256);
    }

    internal static byte[] Write(
        Authority authority, IEnumerable<RevokedEntry> entries, long number = 42, double daysFromNow = 0)
    {
        var crl = Writer(authority, entries, number, daysFromNow);
        using var stream = new MemoryStream();
        crl.Write(stream, authority.Key!.SignHash(crl.Hash().Signed));
        return stream.ToArray();
    }

    internal static List<RevokedEntry> AllReasons() =>
    [
        .. Enum.GetValues<RevocationReason>().Select(reason => new RevokedEntry([0x80, (byte)reason], Now, reason)),
        new RevokedEntry(
            [0x7F], new DateTimeOffset(2049, 12, 31, 23, 59, 59, TimeSpan.Zero), RevocationReason.Superseded),
        new RevokedEntry([.. Enumerable.Repeat((byte)0xFF, 20)],
            new DateTimeOffset(2050, 1, 1, 0, 0, 0, TimeSpan.Zero), RevocationReason.KeyCompromise),
    ];

    private static CrlWriter Writer(
        Authority authority, IEnumerable<RevokedEntry> entries, long number = 42, double daysFromNow = 0)
    {
        var packed = new CrlEntries();
        foreach (var entry in entries) Assert.True(packed.TryAdd(entry));
        return new CrlWriter
        {
            Algorithm = authority.Key!.SignatureAlgorithm,
            Issuer = authority.SubjectName,
            AuthorityKeyIdentifier = authority.SubjectKeyIdentifier,
            Number = number,
            ThisUpdate = Now.AddDays(daysFromNow),
            NextUpdate = Now.AddDays(daysFromNow + 1),
            Entries = packed,
        };
    }

    // The same structure by the platform's encoder, which holds all of it in memory.
    private static byte[] Expected(Authority authority, CrlWriter crl, List<RevokedEntry> entries)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteEncodedValue(crl.Algorithm.Identifier.Span);
            writer.WriteEncodedValue(authority.SubjectName.Span);
            writer.WriteUtcTime(crl.ThisUpdate);
            writer.WriteUtcTime(crl.NextUpdate);
            if (entries.Count > 0)
            {
                using (writer.PushSequence())
                    foreach (var entry in entries) WriteExpected(writer, entry);
            }

            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (writer.PushSequence())
            {
                WriteExtension(writer, X509AuthorityKeyIdentifierExtension
                    .CreateFromSubjectKeyIdentifier(authority.SubjectKeyIdentifier.Span));
                var number = new AsnWriter(AsnEncodingRules.DER);
                number.WriteInteger(crl.Number);
                WriteExtension(writer, new X509Extension("2.5.29.20", number.Encode(), false));
            }
        }

        return writer.Encode();
    }

    private static void WriteExpected(AsnWriter writer, RevokedEntry entry)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(entry.SerialNumber, isUnsigned: true, isBigEndian: true));
            if (entry.RevokedAt.Year < 2050) writer.WriteUtcTime(entry.RevokedAt, 2049);
            else writer.WriteGeneralizedTime(entry.RevokedAt, omitFractionalSeconds: true);
            if (entry.Reason == RevocationReason.Unspecified) return;
            using (writer.PushSequence())
                WriteExtension(writer, new X509Extension("2.5.29.21", [0x0A, 0x01, (byte)entry.Reason], false));
        }
    }

    private static void WriteExtension(AsnWriter writer, X509Extension extension)
    {
        Assert.False(extension.Critical);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(extension.Oid!.Value!);
            writer.WriteOctetString(extension.RawData);
        }
    }
}
