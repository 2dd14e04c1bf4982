using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Manifests;

/// <summary>Imports manifests: which devices are expected, and with which key each will come.</summary>
/// <param name="store">The signers of manifests.</param>
/// <param name="devices">Announces the devices.</param>
/// <param name="batches">The batches of claim certificates.</param>
/// <param name="groups">The groups that there are.</param>
/// <param name="clock">Dates what goes on record.</param>
public sealed class ManifestService(
    IManifestSignerStore store, ExpectedDevices devices, IClaimBatchStore batches, GroupCatalog groups, ClockGuard clock)
{
    private const int InOneStep = 100;

    // Whether members are double is asked for each element: it must not end the file.
    private static readonly JsonSerializerOptions Json = new() { MaxDepth = 16 };

    /// <summary>Registers who signs manifests.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="certificate">Its certificate, DER: P-256, valid.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The signer, on record; or why not.</returns>
    public async Task<Outcome<ManifestSigner>> AddSignerAsync(string name, ReadOnlyMemory<byte> certificate, Caller caller, CancellationToken ct)
    {
        if (!ResourceName.IsValid(name)) return new Refusal(RefusalCode.BadName, ResourceName.Rule) { Field = "/name" };
        if (!IsP256(certificate))
            return new Refusal(RefusalCode.BadCredential, "It is not a certificate with a key on P-256, which ES256 needs.") { Field = "/certificate" };
        return await store.AddSignerAsync(
            new ManifestSigner { Name = name, Certificate = certificate, AddedAt = clock.LastBelieved(), AddedBy = caller.Actor }, ct);
    }

    /// <summary>Reads all signers, withdrawn ones too, by name.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The signers.</returns>
    public Task<IReadOnlyList<ManifestSigner>> ListSignersAsync(CancellationToken ct) => store.ListSignersAsync(ct);

    /// <summary>Withdraws a signer: what it has signed is not imported any more.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The signer as it is now, or <see cref="RefusalCode.NotFound"/>.</returns>
    public Task<Outcome<ManifestSigner>> WithdrawSignerAsync(string name, Caller caller, CancellationToken ct) =>
        store.WithdrawSignerAsync(name, caller.Actor, clock.LastBelieved(), ct);

    /// <summary>Imports a signed manifest of secure elements. Good elements are kept, whatever the others are; to do it again is safe.</summary>
    /// <param name="import">Where the devices go.</param>
    /// <param name="content">The file, a JSON array; read as it comes.</param>
    /// <param name="caller">Tells before each transaction who imports.</param>
    /// <param name="ct">Gives up; what was done stays.</param>
    /// <returns>What came of it; or why nothing was read.</returns>
    public async Task<Outcome<ManifestReport>> ImportSignedAsync(ManifestImport import, Stream content, CallerNow caller, CancellationToken ct)
    {
        if (await CheckAsync(import, ct) is { } refusal) return refusal;
        if (!clock.Now().TryGet(out var now, out var wrongClock)) return wrongClock;
        var signers = (await store.ListSignersAsync(ct)).Where(signer => signer.WithdrawnAt is null)
            .DistinctBy(signer => signer.Thumbprint).ToFrozenDictionary(signer => signer.Thumbprint);
        var (element, pending, index) = (new SecureElement(signers, import, now), new Pending(import, caller), 0L);
        try
        {
            await foreach (var one in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(content, Json, ct))
                await TakeAsync(pending, index++, element.Read(one), ct);
        }
        catch (JsonException)
        {
            pending.Refuse(index, new Refusal(RefusalCode.Malformed, "From here on the file is not a JSON array of objects; the rest was not read."));
        }

        return await FinishAsync(pending, ct);
    }

    private async Task<Refusal?> CheckAsync(ManifestImport import, CancellationToken ct)
    {
        if (groups.Find(import.Group) is null) return new Refusal(RefusalCode.UnknownGroup, "There is no such enrollment group.");
        if (!import.DeviceId.Contains(ManifestImport.UniqueId, StringComparison.Ordinal))
            return new Refusal(RefusalCode.BadDeviceId, $"The device ID must hold {ManifestImport.UniqueId}.");
        if (import.ClaimBatch is not { } name) return null;
        return await batches.FindBatchAsync(name, ct) is { RevokedAt: null } batch && batch.Group == import.Group
            ? null
            : new Refusal(RefusalCode.NotFound, "There is no such claim batch of this group.");
    }

    private async Task TakeAsync(Pending pending, long place, Outcome<ExpectedDevice> read, CancellationToken ct)
    {
        if (!read.TryGet(out var device, out var refusal))
        {
            pending.Refuse(place, refusal);
            return;
        }

        pending.Devices.Add((place, device));
        if (pending.Devices.Count >= InOneStep) await FinishAsync(pending, ct);
    }

    private async Task<Outcome<ManifestReport>> FinishAsync(Pending pending, CancellationToken ct)
    {
        if (pending.Devices.Count > 0)
        {
            var announced = pending.Devices.Select(pair => pair.Device).ToList();
            var outcome = (await pending.Caller(ct)).TryGet(out var caller, out var nobody)
                ? await devices.ExpectAsync(pending.Import.Group, pending.Import.ClaimBatch, announced, caller, ct)
                : nobody;
            for (var i = 0; i < announced.Count; i++)
                pending.Count(pending.Devices[i].Place, outcome.TryGet(out var done, out var all) ? done[i] : all);
            pending.Devices.Clear();
        }

        pending.Report.Told.Sort((one, other) => one.Place.CompareTo(other.Place));
        return pending.Report;
    }

    private static bool IsP256(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            using var read = X509CertificateLoader.LoadCertificate(certificate.Span);
            using var key = read.GetECDsaPublicKey();
            return key is not null
                && SubjectPublicKeyReader.Read(key.ExportSubjectPublicKeyInfo(), out var facts) is null && facts.Algorithm == KeyAlgorithm.P256;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private sealed class Pending(ManifestImport import, CallerNow caller)
    {
        internal ManifestImport Import => import;

        internal CallerNow Caller => caller;

        internal ManifestReport Report { get; } = new();

        internal List<(long Place, ExpectedDevice Device)> Devices { get; } = [];

        internal void Count(long place, Outcome<Expectation> outcome)
        {
            if (!outcome.TryGet(out var done, out var refusal)) Refuse(place, refusal);
            else if (done == Expectation.Registered) Report.Registered++;
            else if (done == Expectation.Updated) Report.Updated++;
            else Report.Unchanged++;
        }

        internal void Refuse(long place, Refusal refusal)
        {
            Report.Refused++;
            if (Report.Told.Count < ManifestReport.MaxProblems) Report.Told.Add(new ManifestProblem(place, refusal));
        }
    }
}
