using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Approvals;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Server;
using Provisioning.Server.Configuration;

namespace Provisioning.Benchmarks;

/// <summary>The service without its listeners: database, keys and pipeline, on a data directory.</summary>
internal sealed class TemporaryInstance : IAsyncDisposable
{
    private TemporaryInstance(Instance instance, AuthorityDirectory authorities) => (Instance, Authorities) = (instance, authorities);

    internal Instance Instance { get; }

    internal AuthorityDirectory Authorities { get; }

    internal static async Task<TemporaryInstance> OpenAsync(string directory, int shards = 1)
    {
        // Ten thousand rows are one write, which a busy machine may take long for.
        var options = new ServerOptions { DataDirectory = directory, StorageTimeout = TimeSpan.FromMinutes(1), Crl = { Shards = shards } };
        var instance = await Instance.OpenAsync(options, mayCreatePassphrase: true, TimeProvider.System, default);
        return new TemporaryInstance(instance, await CommandLine.LoadAuthoritiesAsync(instance, isDevelopment: true));
    }

    internal async Task<EnrollmentService> NewEnrollmentServiceAsync()
    {
        await Instance.StartGroupsAsync();
        var windows = new RenewalWindows(Instance.Profiles, Instance.Campaigns);
        return new EnrollmentService(
            Instance.Ca,
            Instance.Database.Certificates,
            Authorities,
            new EnrollmentCases(Instance.Database.Admissions, Instance.Groups, windows),
            windows,
            new ApprovalGate(Instance.Database.Approvals, Instance.Ca, Instance.Clock),
            new RefusalLog(Instance.Database.Refusals, Instance.Clock),
            Instance.Clock,
            NullLogger<EnrollmentService>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        Authorities.Dispose();
        await Instance.DisposeAsync();
    }
}
