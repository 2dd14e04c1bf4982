using System.Globalization;
using Provisioning.Core.Authorities;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Audit;

/// <summary>
/// Reconciles what must agree: the audit chain with itself, certificates with their reservations and with their one audit entry,
/// signatures with the authorities, the published CRLs with the registry, and the counters of lots and tokens with what they count.
/// Reads only.
/// </summary>
/// <param name="audit">The chain, and all certificates.</param>
/// <param name="revocations">What CRLs must list.</param>
/// <param name="authorities">Whose signatures to expect.</param>
/// <param name="crls">Where the CRLs are.</param>
public sealed class Auditor(
    IAuditStore audit, ICrlStore revocations, AuthorityDirectory authorities, CrlOptions crls)
{
    /// <summary>Beyond this many, findings are only counted: something is thoroughly wrong, and the first ones say what.</summary>
    public const int MaxFindings = 100;

    /// <summary>The same without anchors.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>What was found.</returns>
    public Task<AuditReport> RunAsync(CancellationToken ct) => RunAsync([], ct);

    /// <summary>Runs the whole reconciliation. A million certificates take about two minutes and 300 MB.</summary>
    /// <param name="anchors">What was noted of the chain before and is kept elsewhere.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What was found.</returns>
    public async Task<AuditReport> RunAsync(IReadOnlyList<AuditAnchor> anchors, CancellationToken ct)
    {
        var findings = new Findings();
        foreach (var problem in await audit.CheckIntegrityAsync(ct)) findings.Add($"The database: {problem}");
        var chain = await ChainCheck.RunAsync(audit, anchors, findings, ct);
        var accepted = await audit.ReadClockAcceptedAsync(ct);
        if (accepted != chain.ClockAccepted?.ToString(CultureInfo.InvariantCulture))
        {
            findings.Add(
                $"The clock is said to be accepted by audit entry {accepted ?? "(none)"}, and the last entry that tells so is "
                + $"{chain.ClockAccepted?.ToString(CultureInfo.InvariantCulture) ?? "(none)"}.");
        }

        using var certificates = new CertificateCheck(authorities, chain, findings);
        await foreach (var stored in audit.ReadCertificatesAsync(ct)) certificates.Check(stored);
        certificates.Finish();
        await new LotCheck(audit, authorities, chain, findings).RunAsync(ct);
        var count = 0;
        foreach (var authority in authorities.All)
            count += await new CrlCheck(revocations, chain, crls, findings).RunAsync(authority, ct);
        return new AuditReport
        {
            Entries = chain.Entries,
            Certificates = certificates.Signed,
            WithoutSignature = certificates.WithoutSignature,
            Crls = count,
            Findings = findings.All,
        };
    }
}
