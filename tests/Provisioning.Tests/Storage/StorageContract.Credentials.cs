using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Births;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Manifests;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

public abstract partial class StorageContract
{
    [Fact]
    public async Task Tokens_are_found_listed_by_state_in_pages_and_revoked()
    {
        var made = new List<NewToken>();
        for (var i = 0; i < 5; i++) made.Add(NewToken(Now.AddMinutes(i), expires: i == 0 ? Now.AddMinutes(1) : Now.AddDays(1)));
        Value(await Database.Tokens.AddTokensAsync(made, Ct));

        var found = (await Database.Tokens.FindTokenAsync(made[1].Facts.Id, Ct))!.Value;
        Assert.Equal(made[1].Text.Hash, found.Hash);
        Assert.Equal(made[1].Facts, found.Token with { DeviceIdPattern = made[1].Facts.DeviceIdPattern });
        Assert.Null(await Database.Tokens.FindTokenAsync("none", Ct));
        Assert.Equal(RefusalCode.NotFound, Code(await Database.Tokens.RevokeTokenAsync("none", "administrator:a", Now, Ct)));
        Assert.NotNull(Value(await Database.Tokens.RevokeTokenAsync(made[2].Facts.Id, "administrator:a", Now, Ct)).RevokedAt);
        Value(await Database.Tokens.RevokeTokenAsync(made[2].Facts.Id, "administrator:a", Now.AddHours(1), Ct));

        Now = Now.AddHours(1);
        Assert.Equal([4, 3, 1], await ListAsync(TokenState.Active));
        Assert.Equal([0], await ListAsync(TokenState.Expired));
        Assert.Equal([2], await ListAsync(TokenState.Revoked));
        Assert.Empty(await ListAsync(TokenState.Used));
        Assert.Equal([4, 3, 2, 1, 0], await ListAsync(null));

        async Task<List<int>> ListAsync(TokenState? state)
        {
            var (all, query) = (new List<int>(), new TokenQuery { Group = "pumps", State = state, Now = Now, Limit = 2 });
            while (true)
            {
                var page = await Database.Tokens.ListTokensAsync(query, Ct);
                all.AddRange(page.Items.Select(token => made.FindIndex(one => one.Facts.Id == token.Id)));
                if (page.NextCursor is not { } cursor) return all;
                query = query with { Cursor = cursor };
            }
        }
    }

    [Fact]
    public async Task A_token_for_a_lot_that_is_not_there_is_not_made()
    {
        var token = NewToken(Now, Now.AddDays(1));
        var outcome = await Database.Tokens.AddTokensAsync([token with { Facts = token.Facts with { Lot = "none" } }], Ct);

        Assert.Equal(RefusalCode.UnknownLot, Code(outcome));
        Assert.Empty(await AuditAsync());
    }

    [Fact]
    public async Task A_batch_counts_its_devices_and_is_revoked_with_its_certificates()
    {
        var batch = new ClaimBatch { Name = "week-4", Group = "default", CreatedAt = Now, CreatedBy = "administrator:a" };
        Value(await Database.ClaimBatches.AddBatchAsync(batch, Ct));
        Assert.Equal(RefusalCode.AlreadyExists, Code(await Database.ClaimBatches.AddBatchAsync(batch, Ct)));
        var announcement = new Announcement("default", "week-4", "administrator:a", Now);
        var outcomes = await Database.ExpectedDevices.ExpectAsync(announcement, [Expected("pump-1"), Expected("pump-2"), Expected("pump-1")], Ct);
        Assert.Equal([Expectation.Registered, Expectation.Registered, Expectation.Unchanged], outcomes.Select(outcome => Value(outcome)));
        await IssueAsync(NewReservation("pump-1"));
        var claims = new[] { await IssueAsync(NewClaim()), await IssueAsync(NewClaim()) };

        var listed = Assert.Single(await Database.ClaimBatches.ListBatchesAsync("week-4", Ct));
        Assert.Equal((2L, 1L), (listed.Expected, listed.Claimed));
        Assert.Equal(2, Value(await Database.ClaimBatches.RevokeBatchAsync("week-4", RevocationReason.KeyCompromise, "administrator:a", Now, Ct)));
        Assert.Equal(0, Value(await Database.ClaimBatches.RevokeBatchAsync("week-4", RevocationReason.KeyCompromise, "administrator:a", Now, Ct)));

        foreach (var claim in claims) Assert.Equal(CertificateState.Revoked, await StateAsync(claim.SerialNumber));
        Assert.NotNull((await Database.ClaimBatches.FindBatchAsync("week-4", Ct))!.RevokedAt);
        await RefusedAsync(NewClaim(), RefusalCode.NotAllowed);

        Reservation NewClaim() => NewReservation("week-4") with { HolderKind = HolderKind.Claim, Profile = "claim" };
        static ExpectedDevice Expected(string id) => DeviceId.TryParse(id, out var device) ? new ExpectedDevice(device) : throw new ArgumentException(id);
    }

    [Fact]
    public async Task A_trust_anchor_is_read_as_it_was_written_with_its_newest_CRL()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Acme", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(Now.AddDays(-1), Now.AddYears(1));
        var definition = new TrustAnchorDefinition
        {
            Group = "pumps",
            Certificate = certificate.RawData,
            SerialNumberPattern = "AC-[0-9]+",
            DeviceId = "acme-${serialNumber}",
            CrlPolicy = CrlPolicy.Required,
        };
        var anchor = Value(TrustAnchor.Create("acme", definition)) with { CreatedAt = Now, CreatedBy = "administrator:a" };
        var issuer = anchor.Issuers[0].Identity;
        Assert.Equal(1, Value(await Database.TrustAnchors.AddAnchorAsync(anchor, Ct)));
        Assert.Equal(RefusalCode.AlreadyExists, Code(await Database.TrustAnchors.AddAnchorAsync(anchor, Ct)));
        Assert.Equal(2, Value(await Database.TrustAnchors.SetCrlAsync("acme", issuer, Crl(5), "administrator:a", Now, Ct)));
        Assert.Equal(RefusalCode.BadCrl, Code(await Database.TrustAnchors.SetCrlAsync("acme", issuer, Crl(5), "administrator:a", Now, Ct)));
        Assert.Equal(3, Value(await Database.TrustAnchors.SetCrlAsync("acme", issuer, Crl(6), "administrator:a", Now, Ct)));

        var read = Assert.Single(await Database.TrustAnchors.ListAnchorsAsync(Ct));
        Assert.Equal(("acme", 3L, CrlPolicy.Required, 6L), (read.Name, read.Revision, read.Definition.CrlPolicy, read.Issuers[0].Crl!.Status.Number));
        Assert.Equal(((long, bool)?)(3L, false), await Database.TrustAnchors.FindAnchorStateAsync("acme", Ct));
        Assert.Equal(4, Value(await Database.TrustAnchors.WithdrawAsync("acme", "administrator:a", Now, Ct)));
        Assert.Equal(((long, bool)?)(4L, true), await Database.TrustAnchors.FindAnchorStateAsync("acme", Ct));
        Assert.Null(await Database.TrustAnchors.FindAnchorStateAsync("none", Ct));

        ManufacturerCrl Crl(int number) => ManufacturerCrl.TryRead(new CertificateRevocationListBuilder().Build(
            certificate, number, Now.AddDays(7), HashAlgorithmName.SHA256, thisUpdate: Now))!;
    }

    [Fact]
    public async Task A_signer_of_manifests_is_kept_and_withdrawn_once()
    {
        var signer = new ManifestSigner { Name = "signer", Certificate = "x"u8.ToArray(), AddedAt = Now, AddedBy = "administrator:a" };
        Value(await Database.ManifestSigners.AddSignerAsync(signer, Ct));
        Assert.Equal(RefusalCode.AlreadyExists, Code(await Database.ManifestSigners.AddSignerAsync(signer, Ct)));
        Value(await Database.ManifestSigners.WithdrawSignerAsync("signer", "administrator:a", Now, Ct));
        Value(await Database.ManifestSigners.WithdrawSignerAsync("signer", "administrator:a", Now.AddDays(1), Ct));

        var read = Assert.Single(await Database.ManifestSigners.ListSignersAsync(Ct));
        Assert.Equal((signer.Thumbprint, (DateTimeOffset?)Now), (read.Thumbprint, read.WithdrawnAt));
        Assert.Equal(RefusalCode.NotFound, Code(await Database.ManifestSigners.WithdrawSignerAsync("none", "administrator:a", Now, Ct)));
    }

    private static NewToken NewToken(DateTimeOffset at, DateTimeOffset expires)
    {
        var text = TokenText.NewRandom();
        var definition = new TokenDefinition { Group = "pumps", DeviceIdPattern = "p-.*", Uses = 3, ExpiresAt = expires, Note = "n" };
        return new NewToken(Value(definition.ToToken(text.Id, "administrator:a", at)), text);
    }
}
