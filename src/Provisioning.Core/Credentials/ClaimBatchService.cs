using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Credentials;

/// <summary>Makes batches of claim certificates, says which devices they may claim, and revokes them as a whole.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="devices">Where expected devices are on record.</param>
/// <param name="groups">The groups that there are.</param>
/// <param name="issuer">Issues their certificates.</param>
/// <param name="signal">Gets a new CRL made.</param>
/// <param name="clock">Dates what goes on record.</param>
public sealed class ClaimBatchService(
    IClaimBatchStore store, ExpectedDevices devices, GroupCatalog groups, CredentialIssuer issuer, CrlSignal signal, ClockGuard clock)
{
    /// <summary>Makes a batch.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="group">The group that its devices are enrolled into; it must accept claim certificates.</param>
    /// <param name="caller">Who makes it.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The batch, on record; or why not.</returns>
    public async Task<Outcome<ClaimBatch>> CreateAsync(string name, string group, Caller caller, CancellationToken ct)
    {
        if (!ResourceName.IsValid(name)) return new Refusal(RefusalCode.BadName, ResourceName.Rule) { Field = "/name" };
        if (groups.Find(group)?.Group is not { } found) return new Refusal(RefusalCode.UnknownGroup, "There is no such enrollment group.");
        if (!found.Credentials.Contains(CredentialKind.Claim))
        {
            return new Refusal(RefusalCode.BadCredential, $"The group '{group}' does not accept claim certificates; add 'claim' to its credentials first.")
            {
                Field = "/group",
            };
        }

        var batch = new ClaimBatch { Name = name, Group = group, CreatedAt = clock.LastBelieved(), CreatedBy = caller.Actor };
        return await store.AddBatchAsync(batch, ct);
    }

    /// <summary>Reads all batches, by name.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The batches with their counts.</returns>
    public Task<IReadOnlyList<ClaimBatch>> ListAsync(CancellationToken ct) => store.ListBatchesAsync(null, ct);

    /// <summary>Reads one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The batch with its counts, or <see cref="RefusalCode.NotFound"/>.</returns>
    public async Task<Outcome<ClaimBatch>> FindAsync(string name, CancellationToken ct) =>
        await store.ListBatchesAsync(name, ct) is [var batch] ? batch : NotFound;

    /// <summary>Issues a claim certificate of a batch.</summary>
    /// <param name="name">The batch, which must not be revoked.</param>
    /// <param name="certificationRequest">The PKCS#10 request, DER. The same one again gives the same certificate.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="ct">Gives up before it begins.</param>
    /// <returns>The certificate, or why not.</returns>
    public async Task<Outcome<IssuedCertificate>> IssueAsync(
        string name, ReadOnlyMemory<byte> certificationRequest, Caller caller, CancellationToken ct)
    {
        if (await store.FindBatchAsync(name, ct) is not { } batch) return NotFound;
        if (batch.RevokedAt is not null) return new Refusal(RefusalCode.NotAllowed, "The batch was revoked, which is final. Make another.");
        return issuer.Read(caller, HolderKind.Claim, name, certificationRequest).TryGet(out var request, out var refusal)
            ? await issuer.IssueAsync(request)
            : refusal;
    }

    /// <summary>Says which devices a batch may claim.</summary>
    /// <param name="name">The batch.</param>
    /// <param name="expected">The devices.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up between the transactions; those that were done stay.</param>
    /// <returns>For each device, in the same order, what came of it; or <see cref="RefusalCode.NotFound"/>.</returns>
    public async Task<Outcome<IReadOnlyList<Outcome<Expectation>>>> ExpectAsync(
        string name, IReadOnlyList<ExpectedDevice> expected, Caller caller, CancellationToken ct)
    {
        if (await store.FindBatchAsync(name, ct) is not { } batch) return NotFound;
        if (batch.RevokedAt is not null) return new Refusal(RefusalCode.NotAllowed, "The batch was revoked, which is final. Make another.");
        return await devices.ExpectAsync(batch.Group, batch.Name, expected, caller, ct);
    }

    /// <summary>
    /// Revokes a batch and every certificate of it: refused here at once, on open connections too, and in the next CRL. The devices that
    /// it claimed keep their certificates.
    /// </summary>
    /// <param name="name">The batch.</param>
    /// <param name="reason">Why.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The batch as it is now, or why not.</returns>
    public async Task<Outcome<ClaimBatch>> RevokeAsync(string name, RevocationReason reason, Caller caller, CancellationToken ct)
    {
        if (reason == RevocationReason.CertificateHold || !Enum.IsDefined(reason))
            return new Refusal(RefusalCode.BadReason, "A batch is revoked for good: give a reason other than certificateHold.") { Field = "/reason" };
        try
        {
            var revoked = await store.RevokeBatchAsync(name, reason, caller.Actor, clock.LastBelieved(), CancellationToken.None);
            if (!revoked.TryGet(out var count, out var refusal)) return refusal;
            for (var i = 0; i < count; i++) RevocationMetrics.Revoked(reason);
        }
        finally
        {
            // Whatever came of it: each CRL looks for itself whether it lacks something.
            signal.RaiseAll();
        }

        return await FindAsync(name, ct);
    }

    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such claim batch.");
}
