namespace Provisioning.Interop;

/// <summary>The verb <c>audit</c>.</summary>
internal static class ServerAudit
{
    /// <summary>Runs it on the data of a stopped server.</summary>
    internal static Task<Tool> AuditAsync(this ServerProcess server) => Tool.RunAsync(
        "dotnet", [Repository.Program("Provisioning.Server", "Provisioning.Server"), "audit"], environment: server.Environment);
}
