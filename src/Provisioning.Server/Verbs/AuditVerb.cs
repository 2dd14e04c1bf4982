using Provisioning.Core.Audit;
using Provisioning.Server.Configuration;

namespace Provisioning.Server.Verbs;

/// <summary><c>audit</c>: reconciles a data directory that no server is using. Exit code 0 when clean, 2 with findings.</summary>
internal static class AuditVerb
{
    internal const string Usage = "audit [--anchors FILE]                     reconcile certificates, reservations, audit entries and CRLs";

    private const string Anchors = "--anchors";
    private const int HasFindings = 2;

    internal static async Task<int> RunAsync(ServerOptions options, IReadOnlyDictionary<string, string> arguments, TextWriter output)
    {
        if (arguments.Keys.FirstOrDefault(name => name != Anchors) is { } unknown) throw new StartupException($"audit does not know '{unknown}'.");
        var anchors = arguments.TryGetValue(Anchors, out var noted) ? await ReadAsync(noted) : [];
        await using var instance = await Instance.OpenAsync(options, mayCreatePassphrase: false, TimeProvider.System, default);
        using var authorities = await instance.LoadAuthoritiesAsync();
        var auditor = new Auditor(instance.Database.Audit, instance.Database.Crls, authorities, instance.Crl);
        var report = await auditor.RunAsync(anchors, default);
        await output.WriteLineAsync(
            $"{report.Entries} audit entries, {report.Certificates} certificates, {report.WithoutSignature} reservations without a signature, {report.Crls} CRLs");
        await output.WriteLineAsync($"the audit ends with {await instance.Database.Audit.ReadHeadAsync(default)}");
        foreach (var finding in report.Findings) await output.WriteLineAsync(finding);
        await output.WriteLineAsync(report.Findings.Count == 0 ? "clean" : $"{report.Findings.Count} findings");
        return report.Findings.Count == 0 ? 0 : HasFindings;
    }

    // A line each: an anchor, or what the log says with the anchor at the end of the line.
    private static async Task<IReadOnlyList<AuditAnchor>> ReadAsync(string file)
    {
        var anchors = new List<AuditAnchor>();
        await foreach (var line in File.ReadLinesAsync(file))
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            anchors.Add(AuditAnchor.TryParse(line[(line.TrimEnd().LastIndexOf(' ') + 1)..], out var anchor)
                ? anchor
                : throw new StartupException($"'{line}' in {file} is no anchor: {AuditAnchor.Form}."));
        }

        // The beginning alone vouches for nothing.
        return anchors.Any(anchor => anchor.Sequence > 0) ? anchors : throw new StartupException($"There is no anchor of an entry in {file}.");
    }
}
