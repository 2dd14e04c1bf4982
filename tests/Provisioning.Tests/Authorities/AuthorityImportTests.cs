using Provisioning.Core.Audit;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage;
using Provisioning.Tests.Rest;

namespace Provisioning.Tests.Authorities;

/// <summary>An import that is interrupted anywhere ends when it is run again.</summary>
public sealed class AuthorityImportTests : IAsyncLifetime
{
    private const string Passphrase = "correct horse battery staple";

    private readonly DataDirectory _data = new(Directory.CreateTempSubdirectory("provisioning-import-").FullName);
    private readonly AuthorityDirectory _given = TestAuthorities.Create();
    private Database? _database;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private KeyFiles Keys => new(_data, Passphrase);

    public async ValueTask InitializeAsync()
    {
        _data.Create();
        _database = await Database.OpenAsync(new DatabaseOptions { DataDirectory = _data.Path }, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
        _given.Dispose();
        Directory.Delete(_data.Path, recursive: true);
    }

    [Fact]
    public async Task Interrupted_after_the_key_was_stored_it_ends_when_it_is_run_again_and_nothing_else_is_made_with_the_key()
    {
        await Assert.ThrowsAsync<StorageUnavailableException>(() => ImportAsync(new FailingStore(_database!.Authorities, before: true)));
        Assert.Empty(await _database!.Authorities.ListAuthoritiesAsync(Ct));

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => Setup().CreateAsync(new AuthorityOptions(), Ct));

        Assert.Contains("--root and --issuing", refused.Message, StringComparison.Ordinal);
        await ImportAsync(_database!.Authorities);
        await MustBeCompleteAsync();
    }

    [Fact]
    public async Task Interrupted_after_the_authorities_were_put_on_record_it_ends_when_it_is_run_again()
    {
        await Assert.ThrowsAsync<StorageUnavailableException>(() => ImportAsync(new FailingStore(_database!.Authorities, before: false)));
        await ImportAsync(_database!.Authorities);
        await MustBeCompleteAsync();
    }

    [Fact]
    public async Task A_root_alone_as_an_older_version_may_have_left_it_is_completed_by_the_import_and_by_nothing_else()
    {
        var root = new AuthorityRecord("root", "root", _given.Root.Certificate);
        await _database!.Authorities.AddAuthoritiesAsync([root], DateTimeOffset.UtcNow, Ct);

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => Setup().CreateAsync(new AuthorityOptions(), Ct));

        Assert.Contains("--root and --issuing", refused.Message, StringComparison.Ordinal);
        await ImportAsync(_database!.Authorities);
        await MustBeCompleteAsync();
    }

    [Fact]
    public async Task The_key_of_a_half_made_authority_of_our_own_stays_and_init_alone_ends_it()
    {
        var interrupted = new FailingStore(_database!.Authorities, before: true) { Only = AuthorityDirectory.IssuingName };
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Setup(interrupted).CreateAsync(new AuthorityOptions(), Ct));
        var key = await File.ReadAllBytesAsync(_data.KeyFile(AuthorityDirectory.IssuingName), Ct);

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => ImportAsync(_database!.Authorities));

        Assert.Contains("another authority 'root'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(key, await File.ReadAllBytesAsync(_data.KeyFile(AuthorityDirectory.IssuingName), Ct));
        await Setup().CreateAsync(new AuthorityOptions(), Ct);
        using var loaded = await Setup().LoadAllAsync(Ct);
        Assert.NotNull(loaded.Issuing.Key);
    }

    [Fact]
    public async Task The_key_of_a_request_that_is_still_out_is_not_written_over_by_another()
    {
        new AuthorityImport(_data, Keys, _database!.Authorities, TimeProvider.System).CreateRequest(new AuthorityOptions());
        var file = _data.KeyFile(AuthorityDirectory.IssuingName);
        var key = await File.ReadAllBytesAsync(file, Ct);

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => ImportAsync(_database!.Authorities));

        Assert.Contains("init --request", refused.Message, StringComparison.Ordinal);
        Assert.Equal(key, await File.ReadAllBytesAsync(file, Ct));
        Assert.Empty(await _database!.Authorities.ListAuthoritiesAsync(Ct));
        File.Move(file, file + ".away");
        await ImportAsync(_database!.Authorities);
        await MustBeCompleteAsync();
    }

    [Fact]
    public async Task With_another_database_than_its_own_a_data_directory_is_left_as_it_is_and_the_cause_is_named()
    {
        await Setup().CreateAsync(new AuthorityOptions(), Ct);
        var key = await File.ReadAllBytesAsync(_data.KeyFile(AuthorityDirectory.IssuingName), Ct);
        var elsewhere = Directory.CreateDirectory(Path.Combine(_data.Path, "elsewhere")).FullName;
        await using var other = await Database.OpenAsync(new DatabaseOptions { DataDirectory = elsewhere }, Ct);

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => Setup(other.Authorities).CreateAsync(new AuthorityOptions(), Ct));

        Assert.Contains("Provisioning__Database", refused.Message, StringComparison.Ordinal);
        Assert.Equal(key, await File.ReadAllBytesAsync(_data.KeyFile(AuthorityDirectory.IssuingName), Ct));
    }

    private async Task ImportAsync(IAuthorityStore store)
    {
        var key = SigningKey.FromEncryptedPem(_given.Issuing.Key!.ToEncryptedPem(Passphrase), Passphrase);
        await new AuthorityImport(_data, Keys, store, TimeProvider.System).ImportAsync(
            CertificatePem.Write(_given.Root.Certificate), CertificatePem.Write(_given.Issuing.Certificate), key, Ct);
    }

    private async Task MustBeCompleteAsync()
    {
        using var loaded = await Setup().LoadAllAsync(Ct);
        Assert.Equal(_given.All.Select(authority => authority.Thumbprint), loaded.All.Select(authority => authority.Thumbprint));
        Assert.NotNull(loaded.Issuing.Key);
        var actions = await _database!.Audit.ReadAuditAsync(1, Ct).Select(entry => entry.Action).ToListAsync(Ct);
        Assert.Equal([AuditActions.AuthorityAdded, AuditActions.AuthorityAdded], actions);
    }

    private AuthoritySetup Setup(IAuthorityStore? store = null)
    {
        var ca = new CertificateAuthority(
            _database!.Certificates, MemoryProfiles.Catalog(), new PublicAddresses("localhost", 8080), new ClockGuard(TimeProvider.System));
        return new AuthoritySetup(_data, Keys, store ?? _database.Authorities, new InternalIssuer(ca), TimeProvider.System);
    }

    /// <summary>A database that goes away before or after it has put the authorities on record.</summary>
    private sealed class FailingStore(IAuthorityStore store, bool before) : IAuthorityStore
    {
        /// <summary>The authority that it goes away for; null for all.</summary>
        public string? Only { get; init; }

        public async Task<string?> AddAuthoritiesAsync(
            IReadOnlyList<AuthorityRecord> authorities, DateTimeOffset at, CancellationToken ct)
        {
            if (Only is not null && authorities[0].Name != Only) return await store.AddAuthoritiesAsync(authorities, at, ct);
            if (!before) await store.AddAuthoritiesAsync(authorities, at, ct);
            throw new StorageUnavailableException("gone") { OutcomeUnknown = !before };
        }

        public Task<IReadOnlyList<AuthorityRecord>> ListAuthoritiesAsync(CancellationToken ct) => store.ListAuthoritiesAsync(ct);

        public Task<bool> AddPrincipalAsync(string name, HolderKind kind, DateTimeOffset at, CancellationToken ct) =>
            store.AddPrincipalAsync(name, kind, at, ct);

        public ValueTask<DateTimeOffset?> LatestTimeAsync(CancellationToken ct) => store.LatestTimeAsync(ct);

        public Task AcceptTimeAsync(DateTimeOffset now, DateTimeOffset before, CancellationToken ct) =>
            store.AcceptTimeAsync(now, before, ct);
    }
}
