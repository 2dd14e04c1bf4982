using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Profiles;
using Provisioning.Server;
using Provisioning.Server.Configuration;
using Provisioning.Tests.Rest;

namespace Provisioning.Tests.Certificates;

public sealed class ProfileReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-profiles-").FullName;

    public ProfileReaderTests()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "pki", "profiles")))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("root")]
    [InlineData("issuing")]
    [InlineData("service")]
    [InlineData("registrar")]
    [InlineData("administrator")]
    [InlineData("device")]
    public void A_profile_that_the_service_needs_and_that_is_missing_is_named(string name)
    {
        File.Delete(Path.Combine(_folder, name + ".json"));
        Assert.Contains($"{name}.json' is missing", Problem(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("device", "\"holder\": \"device\"", "\"holder\": \"registrar\"", "'holder' is 'Registrar', and must be 'Device'")]
    [InlineData("device", "\"holder\": \"device\"", "\"holder\": \"robot\"", "holder: 'robot' is none of")]
    [InlineData("device", "\"holder\": \"device\"", "\"holder\": \"\"", "holder: '' is none of")]
    [InlineData("device", "\"lifetime\": \"P365D\"", "\"lifetime\": \"a year\"", "lifetime: 'a year'")]
    [InlineData("device", "\"backdating\": \"PT1H\"", "\"backdating\": \"P99999999D\"", "backdating: 'P99999999D'")]
    [InlineData("device", "\"renewAfter\": 0.6", "\"renewAfter\": \"soon\"", "$.renewAfter")]
    [InlineData("root", "\"pathLength\": 1,", "", "pathLength")]
    [InlineData("service", "\"serverAuth\"", "\"tlsServer\"", "extendedKeyUsage/0: 'tlsServer'")]
    public void A_profile_that_cannot_be_used_is_named_with_its_field(string name, string good, string bad, string expected)
    {
        var path = Path.Combine(_folder, name + ".json");
        var text = File.ReadAllText(path);
        Assert.Contains(good, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(good, bad, StringComparison.Ordinal));
        var problem = Problem();
        Assert.StartsWith(path, problem, StringComparison.Ordinal);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_whose_profiles_cannot_be_used_does_not_start()
    {
        File.Delete(Path.Combine(_folder, "device.json"));
        var options = new ServerOptions { DataDirectory = Path.Combine(_folder, "data"), ProfilesDirectory = _folder };
        var refused = await Assert.ThrowsAsync<StartupException>(() => Instance.OpenAsync(
            options, mayCreatePassphrase: true, TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.Contains("device.json", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_planned_for_a_holder_whom_the_profile_is_not_made_for()
    {
        var registry = new MemoryRegistry();
        var profiles = new ProfileCatalog(ProfileReader.ReadFolder(_folder));
        using var authorities = TestAuthorities.Create();
        var ca = new CertificateAuthority(registry, profiles, new PublicAddresses("localhost", 8080), new ClockGuard(TimeProvider.System));
        using var key = SigningKey.Create(KeyAlgorithm.P256);

        var defect = await Assert.ThrowsAsync<InvalidOperationException>(() => new InternalIssuer(ca).IssueAsync(
            authorities.Issuing, HolderKind.Registrar, "line-1", "administrator", key, [], purpose: null));

        Assert.Contains("made for Administrator", defect.Message, StringComparison.Ordinal);
        Assert.Equal(0, registry.Reserved);
    }

    private string Problem() => Assert.Throws<InvalidDataException>(() => ProfileReader.ReadFolder(_folder)).Message;
}
