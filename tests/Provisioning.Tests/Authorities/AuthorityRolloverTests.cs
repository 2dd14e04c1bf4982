using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage;
using Provisioning.Tests.Rest;

namespace Provisioning.Tests.Authorities;

/// <summary>The next generation of the issuing authority, on a real database: what is refused, and what goes on after a failure.</summary>
public sealed class AuthorityRolloverTests : IAsyncLifetime
{
    private static readonly AuthorityOptions Configured = new() { IssuingName = "Plant CA" };

    private readonly DataDirectory _data = new(Directory.CreateTempSubdirectory("provisioning-rollover-").FullName);
    private Database? _database;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private KeyFiles Keys => new(_data, "correct horse battery staple");

    private InternalIssuer Issuer => new(new CertificateAuthority(
        _database!.Certificates, MemoryProfiles.Catalog(), new PublicAddresses("localhost", 8080), new ClockGuard(TimeProvider.System)));

    private AuthoritySetup Setup => new(_data, Keys, _database!.Authorities, Issuer, TimeProvider.System);

    private AuthorityRollover Rollover => new(_data, Keys, _database!.Authorities, Setup, Issuer, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        _data.Create();
        _database = await Database.OpenAsync(new DatabaseOptions { DataDirectory = _data.Path }, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
        Directory.Delete(_data.Path, recursive: true);
    }

    [Theory]
    [InlineData("Plant CA")]
    [InlineData("PLANT ca")]
    public async Task A_name_that_is_taken_is_refused_before_the_root_signs_and_another_one_ends_the_rollover(string taken)
    {
        await Setup.CreateAsync(Configured, Ct);
        using var authorities = await Setup.LoadAllAsync(Ct);
        for (var i = 0; i < 2; i++)
        {
            var refused = await Assert.ThrowsAsync<InvalidDataException>(
                () => Rollover.CreateAsync(2, authorities, new AuthorityOptions { IssuingName = taken }, Ct));
            Assert.Contains("Provisioning__Authority__IssuingName", refused.Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<InvalidDataException>(() => Rollover.CreateRequestAsync(2, authorities, Configured, Ct));
        Assert.Equal(["issuing", "root"], await ReservedAsync());
        Assert.True(await Rollover.CreateAsync(2, authorities, new AuthorityOptions { IssuingName = "Plant CA 2" }, Ct));
        Assert.False(await Rollover.CreateAsync(2, authorities, new AuthorityOptions { IssuingName = "Plant CA 3" }, Ct));
        Assert.Equal("CN=Plant CA 2", await NewestAsync());
        Assert.Equal(["issuing", "issuing-2", "root"], await ReservedAsync());
    }

    [Fact]
    public async Task A_root_and_an_issuing_authority_of_one_name_are_refused_and_another_name_ends_the_setup()
    {
        var same = new AuthorityOptions { RootName = "Plant CA", IssuingName = "Plant CA" };
        await Assert.ThrowsAsync<InvalidDataException>(() => Setup.CreateAsync(same, Ct));
        Assert.Equal(["root"], await ReservedAsync());
        await Setup.CreateAsync(same with { IssuingName = "Plant CA 1" }, Ct);
        Assert.Equal("CN=Plant CA 1", await NewestAsync());
    }

    [Fact]
    public async Task The_key_of_another_authority_is_refused_before_the_root_signs()
    {
        await Setup.CreateAsync(new AuthorityOptions(), Ct);
        File.Copy(_data.KeyFile("issuing"), _data.KeyFile("issuing-2"));
        using var authorities = await Setup.LoadAllAsync(Ct);

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => Rollover.CreateAsync(2, authorities, new AuthorityOptions(), Ct));

        Assert.Contains("that of 'issuing'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["issuing", "root"], await ReservedAsync());
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Plant CA 2", "Plant CA Two")]
    public async Task What_the_root_could_not_sign_is_signed_the_next_time_whatever_it_is_called_then(string? first, string? then)
    {
        await Setup.CreateAsync(Configured, Ct);
        using (var failing = await Setup.LoadAllAsync(Ct))
        {
            failing.Root.Key!.Dispose();
            await Assert.ThrowsAnyAsync<Exception>(() => Rollover.CreateAsync(2, failing, new AuthorityOptions { IssuingName = first }, Ct));
        }

        using var authorities = await Setup.LoadAllAsync(Ct);
        Assert.True(await Rollover.CreateAsync(2, authorities, new AuthorityOptions { IssuingName = then }, Ct));
        Assert.StartsWith("CN=" + (then ?? "Provisioning Issuing CA G2 "), await NewestAsync(), StringComparison.Ordinal);
        Assert.Equal(["issuing", "issuing-2", "issuing-2", "root"], await ReservedAsync());
    }

    [Fact]
    public async Task A_key_that_was_lost_before_its_authority_was_on_record_is_made_anew()
    {
        await Setup.CreateAsync(Configured, Ct);
        using var authorities = await Setup.LoadAllAsync(Ct);
        using (var lost = Keys.LoadOrCreate("issuing-2", KeyAlgorithm.P256))
            await Issuer.IssueAuthorityAsync(authorities.Root, "issuing-2", "Plant CA 2", "issuing", lost);
        File.Delete(_data.KeyFile("issuing-2"));

        Assert.True(await Rollover.CreateAsync(2, authorities, new AuthorityOptions { IssuingName = "Plant CA 2b" }, Ct));

        Assert.Equal("CN=Plant CA 2b", await NewestAsync());
    }

    [Fact]
    public async Task The_request_for_an_offline_root_names_the_same_authority_each_time()
    {
        await Setup.CreateAsync(Configured, Ct);
        using var authorities = await Setup.LoadAllAsync(Ct);
        var names = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            var path = await Rollover.CreateRequestAsync(2, authorities, new AuthorityOptions(), Ct);
            names.Add(System.Security.Cryptography.X509Certificates.CertificateRequest.LoadSigningRequestPem(
                await File.ReadAllTextAsync(path!, Ct), System.Security.Cryptography.HashAlgorithmName.SHA256).SubjectName.Name);
        }

        Assert.Single(names.Distinct());
    }

    // For which authorities something was put before a key, or was to be.
    private async Task<IEnumerable<string>> ReservedAsync() =>
        (await _database!.Certificates.ListAsync(new CertificateQuery { HolderKind = HolderKind.Authority, Limit = 100 }, Ct)).Items.Select(one => one.Holder).Order();

    private async Task<string> NewestAsync()
    {
        using var authorities = await Setup.LoadAllAsync(Ct);
        return authorities.Issuing.DisplayName;
    }
}
