using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Ocsp;
using Provisioning.Tests.Certificates;

namespace Provisioning.Tests.Revocation.Ocsp;

/// <summary>What is said of which certificate, and of which nothing is.</summary>
public sealed class OcspStatusTests
{
    private const int Good = 0;
    private const int Revoked = 1;
    private const int Unknown = 2;
    private const int Unauthorized = 6;
    private const string Md5 = "1.2.840.113549.2.5";
    private const string Sha384 = "2.16.840.1.101.3.4.2.2";

    // The whole proof is a million; the suite takes a part of them, and PROVISIONING_SERIALS as many as it says.
    private static int RandomSerials => int.TryParse(Environment.GetEnvironmentVariable("PROVISIONING_SERIALS"), out var count) ? count : 100_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task O_04_another_issuer_is_unauthorized_also_when_only_its_name_or_its_key_is_another()
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = OcspRequests.SerialOf(await house.EnrollAsync("pump-1"));
        var root = house.Server.Authorities.Root;
        foreach (var hash in new[] { OcspRequests.Sha1, OcspRequests.Sha256 })
        {
            byte[] name = OcspRequests.NameHash(house.Issuing, hash), key = OcspRequests.KeyHash(house.Issuing, hash);
            Assert.Equal(0, (await house.AskAsync(OcspRequests.Of(OcspRequests.CertId(hash, name, key, serial)))).Status);
            byte[] otherName = OcspRequests.NameHash(root, hash), otherKey = OcspRequests.KeyHash(root, hash);
            foreach (var (n, k) in new[] { (name, otherKey), (otherName, key), (new byte[key.Length], key), (name, new byte[key.Length]) })
                Assert.Equal(Unauthorized, (await house.AskAsync(OcspRequests.Of(OcspRequests.CertId(hash, n, k, serial)))).Status);
        }

        // The root's key is offline in production: nobody could delegate, and its CRL tells.
        Assert.Equal(Unauthorized, (await house.AskAsync(OcspRequests.About(root, OcspHouse.SerialOf("1234")))).Status);
        Assert.Equal(Unauthorized, (await house.AskAsync(OcspRequests.Of(
            OcspRequests.CertId(house.Issuing, OcspHouse.SerialOf("12")), OcspRequests.CertId(root, OcspHouse.SerialOf("12"))))).Status);
    }

    [Theory]
    [InlineData(OcspRequests.Sha1, 0)]
    [InlineData(OcspRequests.Sha256, 0)]
    [InlineData(Md5, Unauthorized)]
    [InlineData(Sha384, Unauthorized)]
    public async Task O_05_CertIDs_are_by_SHA_1_or_SHA_256_and_others_are_unauthorized(string hash, int status)
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = await house.EnrollAsync("pump-1");
        foreach (var hasParameters in new[] { true, false })
        {
            var certId = OcspRequests.CertId(house.Issuing, serial, hash, hasParameters);
            var reply = await house.AskAsync(OcspRequests.Of(certId));
            Assert.Equal(status, reply.Status);
            if (status != 0) continue;
            Assert.Equal(Good, reply.Verified(house.Issuing, house.Time.GetUtcNow()).Only.Kind);
            Assert.Equal(certId, reply.Only.CertId);
        }
    }

    [Fact]
    public async Task O_06_what_was_never_issued_or_only_reserved_is_unknown_and_never_good()
    {
        await using var house = await OcspHouse.StartAsync();
        var reserved = await ReserveAsync(house, "reserved-1");
        var abandoned = await ReserveAsync(house, "abandoned-1");
        Assert.True(await house.Server.Instance.Database.Certificates.AbandonAsync(abandoned, house.Time.GetUtcNow(), Ct));

        foreach (var serial in new[] { SerialNumber.NewRandom(), OcspHouse.SerialOf("01"), reserved, abandoned })
        {
            var single = await house.AskAsync(serial);
            Assert.Equal(Unknown, single.Kind);
            Assert.Null(single.ArchiveCutoff);
        }

        // The certificate of the issuing authority is the root's: its number is not one of the issuing authority.
        using var issuing = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(house.Issuing.Certificate.Span);
        Assert.Equal(Unknown, (await house.AskAsync(OcspHouse.SerialOf(issuing.SerialNumber))).Kind);
        await house.RevokeAsync(reserved, "keyCompromise");
        Assert.Equal((Revoked, 1), (await house.AskAsync(reserved)).Reading());
        foreach (var content in new byte[][] { [0], [0x80], new byte[21], [1, .. new byte[1023]] })
        {
            var request = OcspRequests.Of(OcspRequests.CertId(
                OcspRequests.Sha1, OcspRequests.NameHash(house.Issuing), OcspRequests.KeyHash(house.Issuing), Der.Tlv(0x02, content)));
            Assert.Equal(1, (await house.AskAsync(request)).Status);
        }
    }

    [Fact]
    public async Task O_07_every_reason_is_told_with_its_time_and_unspecified_is_left_out()
    {
        await using var house = await OcspHouse.StartAsync();
        foreach (var reason in RevocationReasons.All)
        {
            var serial = await house.EnrollAsync("pump-" + reason);
            Assert.Equal(Good, (await house.AskAsync(serial)).Kind);
            house.Time.Advance(TimeSpan.FromSeconds(90));
            var at = house.Time.GetUtcNow();
            await house.RevokeAsync(serial, reason);
            house.Time.Advance(TimeSpan.FromSeconds(90));

            var single = await house.AskAsync(serial);

            Assert.True(RevocationReasons.TryParse(reason, out var expected));
            Assert.Equal((Revoked, expected == RevocationReason.Unspecified ? null : (int)expected), single.Reading());
            Assert.Equal(at, single.RevokedAt);
        }
    }

    [Fact]
    public async Task O_07_a_hold_is_told_and_its_release_too()
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = await house.EnrollAsync("pump-1");
        await house.RevokeAsync(serial, "certificateHold");
        Assert.Equal((Revoked, 6), (await house.AskAsync(serial)).Reading());
        await house.ReleaseAsync(serial);
        Assert.Equal(Good, (await house.AskAsync(serial)).Kind);
        await house.RevokeAsync(serial, "certificateHold");
        await house.RevokeAsync(serial, "keyCompromise");
        Assert.Equal((Revoked, 1), (await house.AskAsync(serial)).Reading());
    }

    [Fact]
    public async Task O_07_what_has_expired_stays_what_it_was_with_an_archive_cutoff()
    {
        await using var house = await OcspHouse.StartAsync();
        SerialNumber good = await house.EnrollAsync("pump-1"), revoked = await house.EnrollAsync("pump-2");
        await house.RevokeAsync(revoked, "superseded");
        Assert.Null((await house.AskAsync(good)).ArchiveCutoff);

        // A year in steps that the service takes for time that passes; its responder's certificate is replaced on the way.
        for (var month = 0; month < 40; month++)
        {
            house.Time.Advance(TimeSpan.FromDays(10));
            Assert.True(await house.Signers.EnsureAllAsync());
        }

        Assert.Equal((Good, null), (await house.AskAsync(good)).Reading());
        Assert.Equal((Revoked, 4), (await house.AskAsync(revoked)).Reading());
        Assert.Equal(house.Issuing.NotBefore, (await house.AskAsync(good)).ArchiveCutoff);
        Assert.Equal(house.Issuing.NotBefore, (await house.AskAsync(revoked)).ArchiveCutoff);
    }

    [Fact]
    public async Task TM_37_every_spelling_of_a_CertID_leads_to_the_same_row()
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = await house.EnrollAsync("pump-1");
        (string? Reason, (int, int?) Reading)[] steps = [(null, (Good, null)), ("certificateHold", (Revoked, 6)), ("keyCompromise", (Revoked, 1))];
        foreach (var (reason, reading) in steps)
        {
            if (reason is not null) await house.RevokeAsync(serial, reason);
            foreach (var hash in new[] { OcspRequests.Sha1, OcspRequests.Sha256 })
            {
                foreach (var hasParameters in new[] { true, false })
                {
                    var reply = await house.AskAsync(OcspRequests.Of(OcspRequests.CertId(house.Issuing, serial, hash, hasParameters)));
                    Assert.Equal(reading, reply.Verified(house.Issuing, house.Time.GetUtcNow()).Only.Reading());
                }
            }
        }
    }

    [Fact]
    public async Task O_10_the_signature_of_a_request_changes_nothing()
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = await house.EnrollAsync("pump-1");
        var list = Der.Sequence(Der.Sequence(OcspRequests.CertId(house.Issuing, serial)));
        var signature = Der.Tlv(0xA0, Der.Sequence(Der.Sequence(Der.Oid("1.2.840.10045.4.3.2")), Der.Bits(1, 2, 3)));
        var reply = await house.AskAsync(Der.Sequence(Der.Sequence(Der.Tlv(0xA1, Der.Tlv(0xA4, Der.Name(Der.Utf8("x")))), list), signature));
        Assert.Equal(Good, reply.Verified(house.Issuing, house.Time.GetUtcNow()).Only.Kind);
    }

    [Fact]
    public async Task Several_certificates_are_answered_at_once_in_their_order_and_a_nonce_comes_back()
    {
        await using var house = await OcspHouse.StartAsync();
        SerialNumber good = await house.EnrollAsync("pump-1"), revoked = await house.EnrollAsync("pump-2");
        await house.RevokeAsync(revoked, "superseded");
        byte[] nonce = [1, 2, 3, 4, 5];
        byte[][] certIds =
        [
            OcspRequests.CertId(house.Issuing, good), OcspRequests.CertId(house.Issuing, revoked, OcspRequests.Sha256),
            OcspRequests.CertId(house.Issuing, SerialNumber.NewRandom()), OcspRequests.CertId(house.Issuing, good),
        ];
        var reply = (await house.AskAsync(OcspRequests.WithNonce(nonce, certIds))).Verified(house.Issuing, house.Time.GetUtcNow());
        Assert.Equal([Good, Revoked, Unknown, Good], reply.Singles.Select(single => single.Kind));
        Assert.Equal(certIds, reply.Singles.Select(single => single.CertId));
        Assert.Equal(nonce, reply.Nonce);
        Assert.Null((await house.AskAsync(OcspRequests.Of(certIds))).Nonce);
        foreach (var length in new[] { 1, 32, 128 })
        {
            var own = new byte[length];
            own[^1] = 7;
            Assert.Equal(own, (await house.AskAsync(OcspRequests.WithNonce(own, certIds[0]))).Verified(house.Issuing, house.Time.GetUtcNow()).Nonce);
        }

        Assert.Equal(1, (await house.AskAsync(OcspRequests.WithNonce(new byte[129], certIds[0]))).Status);
    }

    [Fact]
    public async Task I_13_a_revocation_is_told_to_the_next_who_asks()
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = await house.EnrollAsync("pump-1");
        for (var round = 0; round < 50; round++)
        {
            Assert.Equal(Good, (await house.AskAsync(serial)).Kind);
            Assert.Equal(Good, (await house.AskAsync(serial)).Kind);
            await house.RevokeAsync(serial, "certificateHold");
            Assert.Equal((Revoked, 6), (await house.AskAsync(serial)).Reading());
            await house.ReleaseAsync(serial);
        }
    }

    [Fact]
    public async Task I_17_of_very_many_random_serial_numbers_none_is_good()
    {
        await using var house = await OcspHouse.StartAsync();
        for (var i = 0; i < 20; i++) await house.EnrollAsync($"pump-{i}");
        const int each = OcspRequestReader.MaxCertIds;
        byte[][] forms = [FormOf(house, OcspRequests.Sha1), FormOf(house, OcspRequests.Sha256)];
        await Parallel.ForAsync(0, RandomSerials / each, Ct, async (i, ct) =>
        {
            var certIds = Enumerable.Range(0, each).Select(_ => (byte[])[.. forms[i % 2], .. SerialNumber.NewRandom().ToOctets()]);
            var answer = await house.Responder.AnswerAsync(OcspRequests.Of([.. certIds]), ct);
            var reply = OcspReply.Read(answer.Octets);
            Assert.Equal(each, reply.Singles.Count);
            foreach (var single in reply.Singles)
                if (single.Kind != Unknown) Assert.Fail($"{Convert.ToHexString(single.CertId)} is {single.Kind}");
        });
        Assert.Equal(0, house.Responder.Kept);
    }

    // A CertID up to its serial number, which has 16 octets as ours do.
    private static byte[] FormOf(OcspHouse house, string hash) => OcspRequests.CertId(house.Issuing, SerialNumber.NewRandom(), hash)[..^16];

    private static async Task<SerialNumber> ReserveAsync(OcspHouse house, string id)
    {
        var now = house.Time.GetUtcNow();
        var reservation = new Reservation
        {
            Authority = "issuing",
            SerialNumber = SerialNumber.NewRandom(),
            HolderKind = HolderKind.Device,
            Holder = id,
            Profile = "device",
            KeyThumbprint = Digest.Of(System.Text.Encoding.UTF8.GetBytes(id)),
            TbsHash = Digest.Of([1]),
            NotBefore = now,
            NotAfter = now.AddDays(1),
            At = now,
            Requester = "registrar:factory-line",
            RequestHash = Digest.Of([2]),
        };
        Assert.IsType<ReserveResult.Reserved>(await house.Server.Instance.Database.Certificates.ReserveAsync(reservation, Ct));
        return reservation.SerialNumber;
    }
}
