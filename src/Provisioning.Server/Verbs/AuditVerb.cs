using Provisioning.Core.Audit;
using Provisioning.Core.Authorities;
using Provisioning.Server.Configuration;

namespace Provisioning.Server.Verbs;

/// <summary><c>audit</c>: reconciles a data directory that no server is using. Exit code 0 when clean, 2 with findings.</summary>
internal static class AuditVerb
{
    private const int HasFindings = 2;

    internal static async Task<int> RunAsync(ServerOptions options, IReadOnlyDictionary<string, string> arguments, TextWriter output)
    {
        if (arguments.Keys.FirstOrDefault() is { } unknown) throw new StartupException($"audit does not know '{unknown}'.");
        await using var instance = await Instance.OpenAsync(options, mayCreatePassphrase: false, TimeProvider.System, default);
        using var authorities = await LoadAsync(instance);
        var auditor = new Auditor(instance.Database.Audit, instance.Database.Crls, authorities, instance.Crl);
        var report = await auditor.RunAsync(default);
        await output.WriteLineAsync(
            $"{report.Entries} audit entries, {report.Certificates} certificates, {report.WithoutSignature} reservations without a signature, {report.Crls} CRLs");
        foreach (var finding in report.Findings) await output.WriteLineAsync(finding);
        await output.WriteLineAsync(report.Findings.Count == 0 ? "clean" : $"{report.Findings.Count} findings");
        return report.Findings.Count == 0 ? 0 : HasFindings;
    }

    private static async Task<AuthorityDirectory> LoadAsync(Instance instance)
    {
        try
        {
            return await instance.Setup.LoadAllAsync(default);
        }
        catch (InvalidDataException problem)
        {
            throw new StartupException(problem.Message, problem);
        }
    }
}
