using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics;
using System.Security.Cryptography;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;

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
    ICertificateStore store, FrozenDictionary<string, Profile> profiles, PublicAddresses addresses, ClockGuard clock)
{
    private const int Attempts = 3;

    // Reservations whose fate in the database is not known, because it failed in the middle. They are given up as soon as
    // it works again: until then a retry of the device would be told that its request is in progress.
    private readonly ConcurrentQueue<SerialNumber> _orphans = new();

    /// <summary>The profiles by name.</summary>
    public FrozenDictionary<string, Profile> Profiles => profiles;

    /// <summary>Gives up reservations that a failing database left behind. Called every second or so; usually does nothing.</summary>
    /// <param name="ct">Stops early.</param>
    /// <returns>When nothing is left.</returns>
    /// <exception cref="StorageUnavailableException">The database still does not work; call again later.</exception>
    public async Task SweepAsync(CancellationToken ct)
    {
        if (!clock.Now().TryGet(out var now, out _)) return;
        while (_orphans.TryDequeue(out var serialNumber))
        {
            try
            {
                await store.AbandonAsync(serialNumber, now, ct);
            }
            catch
            {
                // Whatever it was, it is thrown on; the reservation only must not be forgotten.
                _orphans.Enqueue(serialNumber);
                throw;
            }
        }
    }

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
            switch (await ReserveAsync(plan.Reservation))
            {
                case ReserveResult.Existing(var certificate):
                    return certificate;
                case ReserveResult.Refused(var refusal):
                    return refusal;
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

    private async Task<ReserveResult> ReserveAsync(Reservation reservation)
    {
        try
        {
            return await store.ReserveAsync(reservation, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            _orphans.Enqueue(reservation.SerialNumber);
            throw;
        }
    }

    // Whatever goes wrong between reservation and record, also what nobody has thought of, the reservation is given up: a device
    // must not hear for ever that its request is in progress.
    private async Task<Outcome<StoredCertificate>> FinishAsync(AuthorizedRequest request, CertificatePlan plan)
    {
        try
        {
            var signed = Sign(plan);
            return signed is null ? await GiveUpAsync(plan.Reservation) : await RecordAsync(request, plan.Reservation, signed);
        }
        catch
        {
            _orphans.Enqueue(plan.Reservation.SerialNumber);
            throw;
        }
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

    private async Task<Outcome<StoredCertificate>> GiveUpAsync(Reservation reservation)
    {
        _orphans.Enqueue(reservation.SerialNumber);
        await SweepAsync(CancellationToken.None);
        return new Refusal(RefusalCode.AuthorityUnavailable, "The authority's key could not sign. Try again later.")
        {
            RetryAfter = TimeSpan.FromSeconds(30),
        };
    }
}
