using System.Diagnostics;
using System.Security.Cryptography;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Profiles;

namespace Provisioning.Core.Certificates;

/// <summary>
/// The one way to a signature: plan → reserve → sign → record. Everything that carries a signature of one of our authorities
/// came through here, the authorities themselves and the server's own certificate too (CRLs keep the same order by
/// themselves).
/// </summary>
/// <param name="store">Where reservations and certificates are put on record.</param>
/// <param name="profiles">The profiles by name.</param>
/// <param name="addresses">Where CRLs and CA certificates are found.</param>
/// <param name="clock">Dates the certificates.</param>
public sealed class CertificateAuthority(
    ICertificateStore store, ProfileCatalog profiles, PublicAddresses addresses, ClockGuard clock)
{
    private const int Attempts = 3;

    /// <summary>The profiles by name.</summary>
    public ProfileCatalog Profiles => profiles;

    /// <summary>
    /// Issues. From the reservation on it runs to its end, whatever the caller does meanwhile.
    /// </summary>
    internal async Task<Outcome<StoredCertificate>> IssueAsync(AuthorizedRequest request, PlanInput input)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // Step 1: plan. The exact bytes, linted.
            if (!clock.Now().TryGet(out var now, out var clockRefusal)) return clockRefusal;
            if (!CertificatePlan.Make(request, profiles[request.Profile], input, addresses, now).TryGet(out var plan, out var defect))
                return defect;

            // Step 2: reserve. Durable before any signature exists; here quota, state and uniqueness are decided.
            switch (await store.ReserveAsync(plan.Reservation, CancellationToken.None))
            {
                case ReserveResult.Existing(var certificate):
                    return certificate;
                case ReserveResult.Refused refused:
                    return Counted(refused);
                case ReserveResult.SerialNumberTaken:
                    continue;
            }

            Failpoint.Hit(Failpoint.AfterReserve);

            // Step 3: sign, outside any lock, and verify what came back. Step 4: record.
            return await FinishAsync(request, plan);
        }

        // Three random numbers of 126 bits that were all taken: the random source is broken, and nothing may be signed with it.
        return new Refusal(RefusalCode.AuthorityUnavailable, "No unused serial number was found.");
    }

    /// <summary>Tells what would come of <see cref="IssueAsync"/> now: plans and asks, and reserves nothing.</summary>
    /// <param name="request">The permission.</param>
    /// <param name="input">What is to be planned.</param>
    /// <param name="leavesMarks">Somebody really wants it: a refusal leaves its marks and is counted, as one of issuing is.</param>
    internal async Task<Outcome<Probe>> ProbeAsync(AuthorizedRequest request, PlanInput input, bool leavesMarks)
    {
        if (!clock.Now().TryGet(out var now, out var clockRefusal)) return clockRefusal;
        if (!CertificatePlan.Make(request, profiles[request.Profile], input, addresses, now).TryGet(out var plan, out var defect))
            return defect;
        return await store.ProbeAsync(plan.Reservation, leavesMarks, CancellationToken.None) switch
        {
            ReserveResult.Existing(var certificate) => new Probe(certificate, null),
            ReserveResult.Refused refused => leavesMarks ? Counted(refused) : refused.Refusal,
            ReserveResult.Reserved(var replaces) => new Probe(null, replaces),
            _ => new Probe(null, null),
        };
    }

    private static Refusal Counted(ReserveResult.Refused refused)
    {
        if (refused.Sign is { } sign) CoreMetrics.CloneSuspected(sign);
        if (refused.Refusal.Code == RefusalCode.QuotaExhausted) CoreMetrics.BeyondLot();
        return refused.Refusal;
    }

    // Whatever goes wrong between reservation and record, also what nobody has thought of, the reservation is given up: a device
    // must not hear for ever that its request is in progress.
    private async Task<Outcome<StoredCertificate>> FinishAsync(AuthorizedRequest request, CertificatePlan plan)
    {
        try
        {
            var signed = Sign(plan);
            if (signed is not null) return await RecordAsync(request, plan.Reservation, signed);
        }
        catch
        {
            GiveUp(plan.Reservation);
            throw;
        }

        GiveUp(plan.Reservation);
        return new Refusal(RefusalCode.AuthorityUnavailable, "The authority's key could not sign. Try again later.")
        {
            RetryAfter = TimeSpan.FromSeconds(30),
        };
    }

    private static byte[]? Sign(CertificatePlan plan)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var tbs = plan.Redeem().Span;
        byte[] signature;
        try
        {
            signature = plan.Signer.Sign(tbs);
            if (!plan.Signer.Verify(tbs, signature)) return null;
        }
        catch (CryptographicException)
        {
            // The key or the module that holds it failed. The reservation is given up and the caller told to come back.
            return null;
        }

        CoreMetrics.Signed(startedAt);
        Failpoint.Hit(Failpoint.AfterSign);
        return TbsCertificateWriter.Assemble(tbs, plan.Signer.SignatureAlgorithm, signature);
    }

    private async Task<Outcome<StoredCertificate>> RecordAsync(AuthorizedRequest request, Reservation reservation, byte[] der)
    {
        var recorded = await store.RecordAsync(reservation, der, reservation.At, CancellationToken.None);
        Failpoint.Hit(Failpoint.AfterRecord);
        if (!recorded.TryGet(out var record, out var refusal)) return refusal;
        CoreMetrics.CountIssued(request);
        return new StoredCertificate(record, der);
    }

    // Not waited for: the store does it before it looks at the next request, and keeps in mind what it cannot do now.
    private void GiveUp(Reservation reservation) =>
        _ = store.AbandonAsync(reservation.SerialNumber, reservation.At, CancellationToken.None);
}
