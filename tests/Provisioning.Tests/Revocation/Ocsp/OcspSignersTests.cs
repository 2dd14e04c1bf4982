using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Audit;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Ocsp;

namespace Provisioning.Tests.Revocation.Ocsp;

/// <summary>Who signs answers, how it comes by that, and that it may do nothing else.</summary>
public sealed class OcspSignersTests
{
    private const string CrlDistributionPoints = "2.5.29.31";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(KeyAlgorithm.P256, KeyAlgorithm.P256)]
    [InlineData(KeyAlgorithm.P384, KeyAlgorithm.P256)]
    [InlineData(KeyAlgorithm.Rsa3072, KeyAlgorithm.Rsa2048)]
    public async Task TM_38_the_responder_is_delegated_by_the_authority_itself_for_a_month_and_nobody_need_check_it(
        KeyAlgorithm authority, KeyAlgorithm expected)
    {
        await using var house = await OcspHouse.StartAsync(configure: options => options.Authority.KeyAlgorithm = authority);
        var serial = await house.EnrollAsync("pump-1");
        var reply = (await house.AskAsync(OcspRequests.About(house.Issuing, serial))).Verified(house.Issuing, house.Time.GetUtcNow());

        using var certificate = X509CertificateLoader.LoadCertificate(reply.Certificate);
        Assert.Equal(expected == KeyAlgorithm.P256 ? 256 : 2048, certificate.GetECDsaPublicKey()?.KeySize ?? certificate.GetRSAPublicKey()!.KeySize);
        Assert.True(certificate.NotAfter - certificate.NotBefore <= TimeSpan.FromDays(31));
        Assert.DoesNotContain(certificate.Extensions, extension => extension.Oid!.Value == CrlDistributionPoints);
        Assert.Empty(certificate.Extensions.OfType<X509AuthorityInformationAccessExtension>().Single().EnumerateOcspUris());
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, certificate.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);

        // It came through the one pipeline, as everything that the authority signs.
        var row = await house.Server.Instance.Database.Certificates.FindAsync(OcspHouse.SerialOf(certificate.SerialNumber), Ct);
        Assert.Equal(("ocsp-responder", "ocsp-responder", HolderKind.Service), (row!.Profile, row.Holder, row.HolderKind));
        Assert.Equal(Digest.Of(reply.Certificate), row.Thumbprint);
        await house.Server.UntilCrlsAsync();
        Assert.Empty((await new Auditor(
            house.Server.Instance.Database.Audit, house.Server.Instance.Database.Crls, house.Server.Authorities, house.Server.Instance.Crl)
            .RunAsync(Ct)).Findings);
    }

    [Fact]
    public async Task TM_38_the_responder_is_no_caller_and_its_key_is_kept_encrypted()
    {
        await using var house = await OcspHouse.StartAsync();
        var data = house.Server.Instance.Data;
        var pem = await File.ReadAllTextAsync(data.KeyFile("ocsp-issuing"), Ct);
        Assert.Contains("BEGIN ENCRYPTED PRIVATE KEY", pem);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(data.KeyFile("ocsp-issuing")));

        using var key = ECDsa.Create();
        key.ImportFromEncryptedPem(pem, Passphrase.ReadFile(Path.Combine(data.Path, "passphrase")));
        using var certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(data.CertificateFile("ocsp-issuing"), Ct));
        using var withKey = certificate.CopyWithPrivateKey(key);
        var client = house.Server.Client(X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null));
        foreach (var path in new[] { "/api/v1/self", "/api/v1/devices", "/api/v1/certificates" })
        {
            using var answer = await client.GetAsync(path, Ct);
            Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, $"{path}: {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task A_responder_is_replaced_long_before_it_ends_and_answers_change_over_with_it()
    {
        await using var house = await OcspHouse.StartAsync();
        var request = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-1"));
        var first = (await house.AskAsync(request)).Certificate;
        house.Time.Advance(TimeSpan.FromDays(17));
        Assert.True(await house.Signers.EnsureAllAsync());
        Assert.Equal(first, (await house.AskAsync(request)).Certificate);

        house.Time.Advance(TimeSpan.FromDays(2));
        var before = await house.Responder.AnswerAsync(request, Ct);
        Assert.True(await house.Signers.EnsureAllAsync());

        var second = (await house.AskAsync(request)).Verified(house.Issuing, house.Time.GetUtcNow()).Certificate;
        Assert.NotEqual(first, second);

        // What is out there stays good.
        OcspReply.Read(before.Octets).Verified(house.Issuing, house.Time.GetUtcNow());
    }

    [Fact]
    public async Task L_14_an_authority_that_comes_to_its_end_keeps_its_last_responder_and_is_left_alone_afterwards()
    {
        await using var house = await OcspHouse.StartAsync();
        var request = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-1"));
        house.Time.Advance(house.Issuing.NotAfter - house.Time.GetUtcNow() - TimeSpan.FromDays(1));
        Assert.True(await house.Signers.EnsureAllAsync());
        var last = (await house.AskAsync(request)).Verified(house.Issuing, house.Time.GetUtcNow()).Certificate;

        // In its last hour it signs nothing more, which no certificate would outlive.
        house.Time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMinutes(30));
        Assert.True(await house.Signers.EnsureAllAsync());
        Assert.Equal(last, (await house.AskAsync(request)).Verified(house.Issuing, house.Time.GetUtcNow()).Certificate);

        house.Time.Advance(TimeSpan.FromHours(1));
        Assert.True(await house.Signers.EnsureAllAsync());
        Assert.Empty(house.Signers.Ends);
        Assert.Equal((int)OcspResponseStatus.Unauthorized, (await house.AskAsync(request)).Status);
    }

    [Fact]
    public async Task A_revoked_responder_is_replaced_at_the_next_look()
    {
        await using var house = await OcspHouse.StartAsync();
        var request = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-1"));
        using var first = X509CertificateLoader.LoadCertificate((await house.AskAsync(request)).Certificate);
        await house.RevokeAsync(OcspHouse.SerialOf(first.SerialNumber), "keyCompromise");
        Assert.True(await house.Signers.EnsureAllAsync());
        Assert.NotEqual(first.RawData, (await house.AskAsync(request)).Verified(house.Issuing, house.Time.GetUtcNow()).Certificate);
        Assert.Equal((1, 1), (await house.AskAsync(OcspHouse.SerialOf(first.SerialNumber))).Reading());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("key")]
    [InlineData("pem")]
    [InlineData("swapped")]
    [InlineData("server")]
    public async Task A_start_goes_on_with_the_responder_that_is_there_and_makes_another_where_it_is_damaged(string? damage)
    {
        var folder = Directory.CreateTempSubdirectory("provisioning-test-").FullName;
        try
        {
            string key, certificate;
            await using (var house = await OcspHouse.StartAsync(directory: folder))
            {
                key = house.Server.Instance.Data.KeyFile("ocsp-issuing");
                certificate = house.Server.Instance.Data.CertificateFile("ocsp-issuing");
            }

            var before = await File.ReadAllTextAsync(certificate, Ct);
            if (damage is "key") await File.WriteAllTextAsync(key, "nothing", Ct);
            if (damage is "pem") await File.WriteAllTextAsync(certificate, "nothing", Ct);
            if (damage is "swapped") File.Copy(Path.Combine(folder, "pki", "server.pem"), certificate, overwrite: true);
            if (damage is "server")
            {
                // A key and a certificate that belong together, and are not for this.
                File.Copy(Path.Combine(folder, "pki", "server.pem"), certificate, overwrite: true);
                File.Copy(Path.Combine(folder, "pki", "server.key"), key, overwrite: true);
            }

            await using (var house = await OcspHouse.StartAsync(directory: folder))
            {
                var serial = await house.EnrollAsync("pump-1");
                Assert.Equal(0, (await house.AskAsync(serial)).Kind);
                Assert.Equal(damage is null, before == await File.ReadAllTextAsync(certificate, Ct));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_responder_that_cannot_be_replaced_goes_on_while_it_is_good_and_two_looks_at_once_make_one()
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = await house.EnrollAsync("pump-1");
        house.Time.Advance(TimeSpan.FromDays(19));
        Assert.All(await Task.WhenAll(house.Signers.EnsureAllAsync(), house.Signers.EnsureAllAsync()), Assert.True);
        var page = await house.Server.Instance.Database.Certificates.ListAsync(
            new CertificateQuery { Holder = "ocsp-responder", Limit = 10 }, Ct);
        Assert.Equal(2, page.Items.Count);
        house.Server.Authorities.Issuing.Key!.Dispose();
        house.Time.Advance(TimeSpan.FromDays(19));
        Assert.False(await house.Signers.EnsureAllAsync());
        Assert.Equal(0, (await house.AskAsync(serial)).Kind);
    }
}
