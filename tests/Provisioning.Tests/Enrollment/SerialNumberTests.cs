using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Approvals;
using Provisioning.Core.Authorities;
using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Tests.Rest;

namespace Provisioning.Tests.Enrollment;

/// <summary>What comes of a random source that gives what another node was given.</summary>
public sealed class SerialNumberTests : IDisposable
{
    private readonly MemoryRegistry _registry = new();
    private readonly AuthorityDirectory _authorities = TestAuthorities.Create();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _authorities.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task I_11_a_serial_number_that_another_node_has_taken_is_not_signed_and_another_one_is_tried(int taken)
    {
        _registry.SerialNumbersTaken = taken;
        var issued = Assert.IsType<Outcome<IssuedCertificate>.Success>(await EnrollAsync()).Value;
        Assert.Equal((taken + 1, 1), (_registry.Asked.Count, _registry.Reserved));
        Assert.Equal(_registry.Asked[^1], issued.Record.SerialNumber);
        Assert.Equal(_registry.Asked.Count, _registry.Asked.Distinct().Count());
    }

    [Fact]
    public async Task I_11_after_three_that_were_taken_the_random_source_is_not_believed_and_nothing_is_signed()
    {
        _registry.SerialNumbersTaken = int.MaxValue;
        var refused = Assert.IsType<Outcome<IssuedCertificate>.Refused>(await EnrollAsync()).Refusal;
        Assert.Equal((RefusalCode.AuthorityUnavailable, 3, 0), (refused.Code, _registry.Asked.Count, _registry.Reserved));
    }

    private async Task<Outcome<IssuedCertificate>> EnrollAsync()
    {
        var clock = new ClockGuard(TimeProvider.System);
        var ca = new CertificateAuthority(_registry, MemoryProfiles.Catalog(), new PublicAddresses("localhost", 8080), clock);
        var groups = new GroupCatalog(_registry);
        await new GroupService(_registry, groups, _registry, ca, clock).StartAsync(default);
        var windows = new RenewalWindows(ca.Profiles, new CampaignCatalog(NoCampaigns.Instance));
        var service = new EnrollmentService(
            ca,
            _registry,
            _authorities,
            new EnrollmentCases(_registry, groups, windows),
            windows,
            new ApprovalGate(_registry, ca, clock),
            new RefusalLog(_registry, clock),
            clock,
            NullLogger<EnrollmentService>.Instance);
        var request = new CertificateRequest("CN=pump-1", _key, HashAlgorithmName.SHA256).CreateSigningRequest();
        return await service.EnrollAsync(
            new Caller.Registrar("line-1"), new EnrollmentRequest("pump-1", request, new Dictionary<string, string>()));
    }
}
