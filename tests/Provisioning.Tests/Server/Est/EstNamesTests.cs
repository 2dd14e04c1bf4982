using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>The names in a request for renewal must be those of the certificate (RFC 7030 §4.2.2; row E-06).</summary>
public sealed class EstNamesTests : IAsyncLifetime
{
    private const string CommonName = "2.5.4.3", Organization = "2.5.4.10", Unit = "2.5.4.11";

    private TestServer _server = null!;
    private TestDevice _device = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        var profile = TestProfiles.Definition() with
        {
            Name = "rich",
            Subject = [new() { Organization = "Acme" }, new() { CommonName = "${deviceId}" }],
            AlternativeNames = [new() { Dns = "${deviceId}.plant.example" }, new() { PermanentIdentifier = "${deviceId}" }],
        };
        using (var defined = await _server.Administrator().ReplaceAsync("/api/v1/profiles/rich", ProfileReader.Write(profile)))
            Assert.True(defined.IsSuccessStatusCode, await defined.Content.ReadAsStringAsync());
        await _server.DefineGroupAsync("pumps", new { profile = "rich", renewal = new { early = "allowed" } });
        _device = await _server.NewDevice("pump-1").EstEnrollAsync(_server.Registrar(), "pumps");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static byte[] Name(params (string Type, byte[] Value)[] parts) =>
        Der.Sequence([.. parts.Select(part => Der.NameAttribute(part.Type, part.Value))]);

    private static byte[] Bmp(string text) => Der.Tlv(0x1E, System.Text.Encoding.BigEndianUnicode.GetBytes(text));

    public static TheoryData<string, byte[]> OtherSubjects => new()
    {
        { "another order", Name((CommonName, Der.Utf8("pump-1")), (Organization, Der.Utf8("Acme"))) },
        { "another case", Name((Organization, Der.Utf8("ACME")), (CommonName, Der.Utf8("pump-1"))) },
        { "a space more", Name((Organization, Der.Utf8("Acme  Inc")), (CommonName, Der.Utf8("pump-1"))) },
        { "another device", Name((Organization, Der.Utf8("Acme")), (CommonName, Der.Utf8("pump-2"))) },
        { "less", Name((CommonName, Der.Utf8("pump-1"))) },
        { "nothing", Name() },
        { "more", Name((Organization, Der.Utf8("Acme")), (Unit, Der.Utf8("A")), (CommonName, Der.Utf8("pump-1"))) },
        { "one of them twice", Name((Organization, Der.Utf8("Acme")), (Organization, Der.Utf8("Acme")), (CommonName, Der.Utf8("pump-1"))) },
        { "another type", Name((Unit, Der.Utf8("Acme")), (CommonName, Der.Utf8("pump-1"))) },
        {
            "both in one RDN",
            Der.Sequence(Der.Set(
                Der.Sequence(Der.Oid(CommonName), Der.Utf8("pump-1")), Der.Sequence(Der.Oid(Organization), Der.Utf8("Acme"))))
        },
    };

    [Theory]
    [MemberData(nameof(OtherSubjects))]
    public async Task E_06_another_subject_than_the_certificates_is_400(string kind, byte[] subject)
    {
        var text = await EstRefusal.IsAsync(await RenewAsync(subject), HttpStatusCode.BadRequest, "identity-mismatch");

        Assert.True(text.Contains("The subject", StringComparison.Ordinal), $"{kind}: {text}");
    }

    // RFC 5280 §7.1 compares the text.
    public static TheoryData<string, byte[]> SameSubjects => new()
    {
        { "UTF8String", Name((Organization, Der.Utf8("Acme")), (CommonName, Der.Utf8("pump-1"))) },
        { "PrintableString", Name((Organization, Der.Printable("Acme")), (CommonName, Der.Printable("pump-1"))) },
        { "both", Name((Organization, Der.Printable("Acme")), (CommonName, Der.Utf8("pump-1"))) },
        { "BMPString", Name((Organization, Bmp("Acme")), (CommonName, Bmp("pump-1"))) },
    };

    [Theory]
    [MemberData(nameof(SameSubjects))]
    public async Task E_06_the_same_subject_in_another_string_type_is_the_same(string kind, byte[] subject)
    {
        using var certificate = await EstCalls.CertificateAsync(await RenewAsync(subject));

        Assert.True(_device.Certificate!.SubjectName.RawData.AsSpan().SequenceEqual(certificate.SubjectName.RawData), kind);
    }

    [Fact]
    public async Task E_06_other_alternative_names_than_the_certificates_are_400()
    {
        var (dns, permanent) = (Names()[0], Names()[1]);
        byte[] Host(string name) => Der.Tlv(0x82, System.Text.Encoding.ASCII.GetBytes(name));
        foreach (var names in new byte[][][]
        {
            [permanent, dns], [dns], [permanent], [dns, permanent, Host("pump-2.plant.example")], [Host("pump-2.plant.example"), permanent], [dns, dns, permanent],
        })
        {
            var text = await EstRefusal.IsAsync(
                await RenewAsync(Subject, Extension(names)), HttpStatusCode.BadRequest, "identity-mismatch");
            Assert.Contains("alternative names", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task E_06_the_alternative_names_are_repeated_or_left_out(bool repeats)
    {
        using var certificate = await EstCalls.CertificateAsync(await RenewAsync(Subject, repeats ? [Extension(Names())] : []));

        Assert.Equal(Convert.ToHexString(NamesOf(_device.Certificate!)), Convert.ToHexString(NamesOf(certificate)));
    }

    [Fact]
    public async Task E_06_a_device_repeats_the_names_that_it_has_and_gets_those_that_its_profile_gives_now()
    {
        using (var changed = await _server.Administrator().ReplaceAsync("/api/v1/profiles/rich", ProfileReader.Write(
            TestProfiles.Definition() with { Name = "rich", Subject = [new() { Organization = "Acme Inc" }, new() { CommonName = "${deviceId}" }] })))
        {
            Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync());
        }

        await EstRefusal.IsAsync(
            await RenewAsync(Name((Organization, Der.Utf8("Acme Inc")), (CommonName, Der.Utf8("pump-1")))),
            HttpStatusCode.BadRequest, "identity-mismatch");
        using var certificate = await EstCalls.CertificateAsync(await RenewAsync(Subject));
        Assert.Contains("Acme Inc", certificate.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_enrollment_the_names_are_a_wish_and_the_organization_is_nobodys_concern()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var body = EstCalls.Request(key, Name((Organization, Der.Utf8("Toolkit")), (CommonName, Der.Utf8("pump-7"))));

        using var certificate = await EstCalls.CertificateAsync(await _server.Registrar().EstAsync(EstCalls.Enroll, body, "pumps"));

        Assert.DoesNotContain("Toolkit", certificate.Subject, StringComparison.Ordinal);
    }

    private static byte[] Subject { get; } = Name((Organization, Der.Utf8("Acme")), (CommonName, Der.Utf8("pump-1")));

    // Of one key, so that each test but the refused ones makes one certificate.
    private async Task<HttpResponseMessage> RenewAsync(byte[] subject, params X509Extension[] extensions)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = _device.Client();
        return await client.EstAsync(EstCalls.Reenroll, EstCalls.Request(key, subject, extensions));
    }

    private List<byte[]> Names()
    {
        var all = new List<byte[]>();
        for (var names = new AsnReader(NamesOf(_device.Certificate!), AsnEncodingRules.DER).ReadSequence(); names.HasData;)
            all.Add(names.ReadEncodedValue().ToArray());
        Assert.Equal(2, all.Count);
        return all;
    }

    private static byte[] NamesOf(X509Certificate2 certificate) =>
        certificate.Extensions.Single(extension => extension.Oid!.Value == "2.5.29.17").RawData;

    private static X509Extension Extension(IEnumerable<byte[]> names) => new("2.5.29.17", Der.Sequence([.. names]), false);
}
