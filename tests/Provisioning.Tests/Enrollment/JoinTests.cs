using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Approvals;
using Provisioning.Core.Authorities;
using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Tests.Rest;

namespace Provisioning.Tests.Enrollment;

/// <summary>The same request many times at once: who waits for the first one's answer, and who does not.</summary>
public sealed class JoinTests : IAsyncLifetime
{
    private readonly MemoryRegistry _registry = new();
    private readonly AuthorityDirectory _authorities = TestAuthorities.Create();
    private readonly TaskCompletionSource _gate = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private EnrollmentService _service = null!;

    public async ValueTask InitializeAsync()
    {
        var clock = new ClockGuard(TimeProvider.System);
        var ca = new CertificateAuthority(_registry, MemoryProfiles.Catalog(), new PublicAddresses("localhost", 8080), clock);
        var groups = new GroupCatalog(_registry);
        await new GroupService(_registry, groups, _registry, ca, clock).StartAsync(default);
        var windows = new RenewalWindows(ca.Profiles, new CampaignCatalog(NoCampaigns.Instance));
        _service = new EnrollmentService(
            ca,
            _registry,
            _authorities,
            new EnrollmentCases(_registry, groups, windows),
            windows,
            new ApprovalGate(_registry, ca, clock),
            new RefusalLog(_registry, clock),
            clock,
            NullLogger<EnrollmentService>.Instance);
        _registry.Gate = _gate.Task;
    }

    public ValueTask DisposeAsync()
    {
        _authorities.Dispose();
        _key.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Those_who_joined_get_the_same_exception_as_the_first()
    {
        var all = Enumerable.Range(0, 3).Select(_ => EnrollAsync()).ToList();
        _registry.Failure = new InvalidTimeZoneException("a defect");
        _gate.SetResult();
        foreach (var one in all)
            Assert.Same(_registry.Failure, await Assert.ThrowsAsync<InvalidTimeZoneException>(() => one));
    }

    [Fact]
    public async Task After_a_failure_the_next_request_is_not_answered_with_it()
    {
        var first = EnrollAsync();
        _registry.Failure = new StorageUnavailableException("locked");
        _gate.SetResult();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => first);
        _registry.Failure = null;
        Assert.IsType<Outcome<IssuedCertificate>.Success>(await EnrollAsync());
    }

    [Fact]
    public async Task Renewals_of_two_certificates_are_two_requests_also_with_one_key()
    {
        Assert.True(DeviceId.TryParse("pump-1", out var id));
        _registry.Add(new Device
        {
            Id = id,
            State = DeviceState.Active,
            Attributes = new Dictionary<string, string>(),
            CreatedAt = DateTimeOffset.UnixEpoch,
            UpdatedAt = DateTimeOffset.UnixEpoch,
        });
        var renewals = Enumerable.Range(0, 2)
            .Select(_ => new Caller.Device(id, SerialNumber.NewRandom()))
            .Select(caller => _service.RenewAsync(caller, new RenewalRequest(Request())))
            .ToList();
        _gate.SetResult();
        await Task.WhenAll(renewals);
        Assert.Equal(2, _registry.Reserved);
    }

    [Fact]
    public async Task Attributes_do_not_make_another_request_as_little_as_they_do_one_after_the_other()
    {
        var together = new[] { EnrollAsync("red"), EnrollAsync("blue") };
        _gate.SetResult();
        var certificates = (await Task.WhenAll(together)).Append(await EnrollAsync("green"))
            .Select(outcome => Assert.IsType<Outcome<IssuedCertificate>.Success>(outcome).Value.Record.SerialNumber);
        Assert.Single(certificates.Distinct());
        Assert.Equal(1, _registry.Reserved);
    }

    private Task<Outcome<IssuedCertificate>> EnrollAsync(string color = "red") => _service.EnrollAsync(
        new Caller.Registrar("line-1"),
        new EnrollmentRequest("pump-1", Request(), new Dictionary<string, string> { ["color"] = color }));

    // Other bytes each time, because ECDSA draws a random number for each signature.
    private byte[] Request() => new CertificateRequest("CN=pump-1", _key, HashAlgorithmName.SHA256).CreateSigningRequest();
}
