using Provisioning.Core.Audit;

namespace Provisioning.Tests.Server.Est;

/// <summary>Reconciles everything that a server has on record, as the verb <c>audit</c> does.</summary>
internal static class EstAudit
{
    internal static async Task IsCleanAsync(TestServer server) => Assert.Empty((await new Auditor(
        server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl).RunAsync(default)).Findings);
}
