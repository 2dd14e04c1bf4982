using Provisioning.Core.Audit;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

// IAuthorityStore, IAuditStore and the CRLs of ICrlStore.
public abstract partial class StorageContract
{
    [Fact]
    public async Task Authorities_are_listed_root_first_and_added_once()
    {
        var issuing = new AuthorityRecord("issuing", "root", new byte[] { 1, 2, 3 });
        var root = new AuthorityRecord("root", "root", new byte[] { 4, 5 });
        foreach (var authority in new[] { issuing, root, issuing })
            Assert.Null(await Database.Authorities.AddAuthoritiesAsync([authority], Now, Ct));
        var other = root with { Certificate = new byte[] { 6 } };
        Assert.Equal("root", await Database.Authorities.AddAuthoritiesAsync([other], Now, Ct));

        var listed = await Database.Authorities.ListAuthoritiesAsync(Ct);
        Assert.Equal(["root", "issuing"], listed.Select(authority => authority.Name));
        Assert.Equal(issuing.Certificate.ToArray(), listed[1].Certificate.ToArray());
        var entries = await AuditAsync();
        Assert.Equal([AuditActions.AuthorityAdded, AuditActions.AuthorityAdded], entries.Select(entry => entry.Action));
        Assert.Equal(Digest.Of(issuing.Certificate.Span).ToString(), entries[0].Detail);
    }

    [Fact]
    public async Task Authorities_are_added_all_or_none()
    {
        var root = new AuthorityRecord("root", "root", new byte[] { 4, 5 });
        var issuing = new AuthorityRecord("issuing", "root", new byte[] { 1, 2, 3 });
        await Database.Authorities.AddAuthoritiesAsync([issuing with { Certificate = new byte[] { 9 } }], Now, Ct);
        Assert.Equal("issuing", await Database.Authorities.AddAuthoritiesAsync([root, issuing], Now, Ct));
        Assert.Single(await Database.Authorities.ListAuthoritiesAsync(Ct));
        Assert.Single(await AuditAsync());
    }

    [Fact]
    public async Task After_a_time_was_accepted_what_was_written_before_it_is_no_latest_time()
    {
        Now = Start.AddYears(10);
        await IssueAsync(NewReservation("pump-1"));
        Now = Start;
        await Database.Authorities.AcceptTimeAsync(Now, Start.AddYears(10), Ct);
        Assert.Equal(Start, await Database.Authorities.LatestTimeAsync(Ct));
        Now = Start.AddMinutes(1);
        await IssueAsync(NewReservation("pump-2"));
        Assert.Equal(Now, await Database.Authorities.LatestTimeAsync(Ct));
        await Database.Authorities.AcceptTimeAsync(Start.AddSeconds(1), Now, Ct);
        Assert.Equal(Start.AddSeconds(1), await Database.Authorities.LatestTimeAsync(Ct));
        Assert.Equal(2, (await AuditAsync()).Count(entry => entry.Action == AuditActions.ClockAccepted));
    }

    [Fact]
    public async Task A_principal_has_one_kind()
    {
        Assert.True(await Database.Authorities.AddPrincipalAsync("line", HolderKind.Registrar, Now, Ct));
        Assert.True(await Database.Authorities.AddPrincipalAsync("line", HolderKind.Registrar, Now, Ct));
        Assert.False(await Database.Authorities.AddPrincipalAsync("line", HolderKind.Administrator, Now, Ct));
        var entry = Assert.Single(await AuditAsync());
        Assert.Equal(
            (AuditActions.PrincipalAdded, HolderKind.Registrar, "line"),
            (entry.Action, entry.HolderKind, entry.Holder));
    }

    [Fact]
    public async Task The_latest_time_is_that_of_any_row()
    {
        Assert.Null(await Database.Authorities.LatestTimeAsync(Ct));
        await ReserveAsync(NewReservation());
        Assert.Equal(Now, await Database.Authorities.LatestTimeAsync(Ct));
        var later = Now.AddDays(1);
        await Database.Authorities.AddPrincipalAsync("line", HolderKind.Registrar, later, Ct);
        await Database.Authorities.AddPrincipalAsync("other", HolderKind.Registrar, Now, Ct);
        Assert.Equal(later, await Database.Authorities.LatestTimeAsync(Ct));
    }

    [Fact]
    public async Task The_numbers_of_CRLs_only_rise_for_each_authority()
    {
        Assert.Null(await Database.Crls.LastCrlAsync(new CrlScope("issuing"), Ct));
        Assert.True(await Database.Crls.ReserveCrlAsync(NewCrl(5), Ct));
        foreach (var lower in new[] { 5, 4, -1 })
            Assert.False(await Database.Crls.ReserveCrlAsync(NewCrl(lower), Ct));
        Assert.True(await Database.Crls.ReserveCrlAsync(NewCrl(4) with { Authority = "root" }, Ct));
        var next = NewCrl(6);
        Assert.True(await Database.Crls.ReserveCrlAsync(next, Ct));
        await RestartAsync();
        Assert.Equal(new CrlRecord(next, null), await Database.Crls.LastCrlAsync(new CrlScope("issuing"), Ct));
        Assert.False(await Database.Crls.ReserveCrlAsync(NewCrl(6), Ct));
    }

    [Fact]
    public async Task A_recorded_CRL_has_its_hash_and_one_audit_entry()
    {
        var crl = NewCrl(7);
        var hash = NewDigest();
        await Assert.ThrowsAsync<InvalidOperationException>(() => Database.Crls.RecordCrlAsync(crl, hash, Ct));
        Assert.True(await Database.Crls.ReserveCrlAsync(crl, Ct));
        Assert.True(await Database.Crls.RecordCrlAsync(crl, hash, Ct));
        Assert.True(await Database.Crls.RecordCrlAsync(crl, hash, Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => Database.Crls.RecordCrlAsync(crl, NewDigest(), Ct));

        Assert.Equal(new CrlRecord(crl, hash), await Database.Crls.LastCrlAsync(new CrlScope("issuing"), Ct));
        var entry = Assert.Single(await AuditAsync());
        Assert.Equal((AuditActions.CrlIssued, $"issuing 7 {hash}"), (entry.Action, entry.Detail));
    }

    [Fact]
    public async Task A_CRL_lists_what_is_revoked_and_held_and_not_expired_of_its_authority()
    {
        var revoked = await RevokeAsync(await IssueAsync(NewReservation("pump-1")), RevocationReason.KeyCompromise);
        var held = await HoldAsync(await IssueAsync(NewReservation("pump-2")));
        await IssueAsync(NewReservation("pump-3"));
        var expired = await RevokeAsync(
            await IssueAsync(NewReservation("pump-4") with { NotAfter = Now.AddDays(1) }), RevocationReason.Superseded);
        await RevokeAsync(
            await IssueAsync(NewReservation("pump-5") with { Authority = "other" }), RevocationReason.Superseded);

        Now = Now.AddDays(1);
        Assert.Equal(Entries(revoked, held, expired), await ReadAsync());
        Now = Now.AddMilliseconds(1);
        Assert.Equal(Entries(revoked, held), await ReadAsync());

        async Task<HashSet<(string, DateTimeOffset, RevocationReason)>> ReadAsync() =>
            [.. (await RevokedAsync()).Select(entry =>
                (Convert.ToHexString(entry.SerialNumber), entry.RevokedAt, entry.Reason))];

        static HashSet<(string, DateTimeOffset, RevocationReason)> Entries(params CertificateRecord[] of) =>
            [.. of.Select(one => (one.SerialNumber.ToString(), one.RevokedAt!.Value, one.RevocationReason!.Value))];
    }

    [Fact]
    public async Task The_audit_chain_holds_over_everything_that_can_happen()
    {
        await Database.Authorities.AddAuthoritiesAsync([new AuthorityRecord("root", "root", new byte[] { 1 })], Now, Ct);
        await IssueRenewedAsync("pump-1");
        var held = await HoldAsync(await IssueAsync(NewReservation("pump-2")));
        await Database.Revocations.ReleaseAsync(held.SerialNumber, Admin, Now, Ct);
        await RevokeAsync(held, RevocationReason.KeyCompromise);
        var left = NewReservation("pump-3");
        await ReserveAsync(left);
        await RestartAsync();
        await Certificates.AbandonAllAsync(Now, Ct);

        await VerifyChainAsync(Database);
        Assert.Equal(9, (await AuditAsync()).Count);
        var last = await Database.Audit.ReadAuditAsync(8, Ct).ToListAsync(Ct);
        Assert.Equal([8, 9], last.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task All_certificates_can_be_read_with_their_DER_and_the_engine_finds_nothing_wrong()
    {
        var issued = NewReservation("pump-1");
        await IssueAsync(issued);
        var reserved = NewReservation("pump-2");
        await ReserveAsync(reserved);
        var all = await Database.Audit.ReadCertificatesAsync(Ct).ToListAsync(Ct);
        Assert.Equal(DerOf(issued), all.Single(one => one.Record.Holder == "pump-1").Der.ToArray());
        Assert.True(all.Single(one => one.Record.Holder == "pump-2").Der.IsEmpty);
        Assert.Empty(await Database.Audit.CheckIntegrityAsync(Ct));
    }

    private CrlReservation NewCrl(long number) => new("issuing", number, NewDigest(), Now, Now.AddDays(1), 3);
}
