using Provisioning.Core.Certificates;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// A request that was allowed. Nothing is planned without one, and the rules below are the only way to one: the
/// constructor is theirs alone, so a path that forgets to ask cannot compile.
/// </summary>
public sealed record AuthorizedRequest
{
    private AuthorizedRequest()
    {
    }

    /// <summary>Who asked.</summary>
    public required Caller Caller { get; init; }

    /// <summary>What kind of holder the certificate is for.</summary>
    public required HolderKind HolderKind { get; init; }

    /// <summary>The device ID, the name of the principal, or that of an authority in paths.</summary>
    public required string Holder { get; init; }

    /// <summary>For an authority: what it is called in certificates. Its key belongs to <see cref="Holder"/>, whatever that is.</summary>
    public string? CommonName { get; init; }

    /// <summary>The profile that it is planned with.</summary>
    public required string Profile { get; init; }

    /// <summary>For a device: its enrollment group, or null.</summary>
    public string? Group { get; init; }

    /// <summary>The version of the group that decided.</summary>
    public long GroupVersion { get; init; }

    /// <summary>For a device: the slot that the certificate is for.</summary>
    public string Slot { get; init; } = Groups.GroupSlot.Operational;

    /// <summary>For a first enrollment: what let it happen, to be looked at once more in the reserve transaction.</summary>
    public Admission? Admission { get; init; }

    /// <summary>For a device: what becomes of the certificate that this one follows.</summary>
    public Succession Succession { get; init; }

    /// <summary>
    /// True when it is the first certificate of a unit of the lot. What that is read from is compared in the reserve transaction.
    /// </summary>
    public bool TakesUnit { get; init; }

    /// <summary>For a renewal: the revision of the device that it rests on.</summary>
    public long? DeviceRevision { get; init; }

    /// <summary>Why nothing new is issued, though the answer that was given already may be given again; or null.</summary>
    public Refusal? UnlessExisting { get; init; }

    /// <summary>The certificate that this one renews, or null for a first one.</summary>
    public SerialNumber? Renews { get; init; }

    /// <summary>
    /// May this device be enrolled by this caller? All of <see cref="AdmissionRules"/> must be kept; whether it may be enrolled now
    /// is decided in the reserve transaction.
    /// </summary>
    /// <param name="enrollment">The request with what was read for it.</param>
    /// <returns>The permission, or the first refusal.</returns>
    internal static Outcome<AuthorizedRequest> Enrollment(EnrollmentCase enrollment)
    {
        foreach (var rule in AdmissionRules.All)
        {
            if (rule.Check(enrollment) is { } refusal) return refusal;
        }

        return new AuthorizedRequest
        {
            Caller = enrollment.Caller,
            HolderKind = HolderKind.Device,
            Holder = enrollment.DeviceId.Value,
            Profile = enrollment.Group.ProfileOf(enrollment.Slot),
            Group = enrollment.Group.Name,
            GroupVersion = enrollment.Group.Version,
            Slot = enrollment.Slot.Name,
            Succession = enrollment.Group.Definition.Renewal.ToSuccession(),
            Admission = AdmissionOf(enrollment),
            TakesUnit = enrollment.Lot is not null && enrollment.Device?.Lot is null,
        };
    }

    /// <summary>May this device renew now? It was identified by its certificate; <see cref="RenewalRules"/> say the rest.</summary>
    /// <param name="renewal">The request with what was read for it.</param>
    /// <returns>The permission.</returns>
    internal static AuthorizedRequest Renewal(RenewalCase renewal)
    {
        var (caller, policy) = (renewal.Caller, renewal.Group);
        return new AuthorizedRequest
        {
            Caller = caller,
            HolderKind = HolderKind.Device,
            Holder = caller.Id.Value,
            // A slot that the group has not any more must not strand the devices that hold a certificate in it.
            Profile = policy.FindSlot(caller.Slot) is { } slot ? policy.ProfileOf(slot) : policy.Definition.Profile,
            Group = policy.Name,
            GroupVersion = policy.Version,
            Slot = caller.Slot,
            Renews = caller.Certificate,
            Succession = policy.Definition.Renewal.ToSuccession(),
            DeviceRevision = renewal.Device.Revision,
            UnlessExisting = RenewalRules.CheckWindow(renewal),
            Admission = RenewalRules.NeedsApproval(renewal)
                ? new Admission { DeviceRevision = renewal.Device.Revision, NeedsApproval = true }
                : null,
        };
    }

    /// <summary>The service's own needs: its server certificate, first credentials, and the issuing authority.</summary>
    /// <param name="caller">The service; only the composition makes one.</param>
    /// <param name="kind">For whom.</param>
    /// <param name="holder">The name.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="commonName">For an authority: what it is called in certificates.</param>
    /// <returns>The permission, or the refusal for a device: those go through the rules above.</returns>
    internal static Outcome<AuthorizedRequest> Service(
        Caller.Service caller, HolderKind kind, string holder, string profile, string? commonName = null) =>
        kind is HolderKind.Device
            ? new Refusal(RefusalCode.NotAllowed, "The service itself enrolls no devices.")
            : new AuthorizedRequest { Caller = caller, HolderKind = kind, Holder = holder, Profile = profile, CommonName = commonName };

    /// <summary>The same, with the approval of an administrator, which the reserve transaction looks for.</summary>
    /// <param name="approval">Its ID.</param>
    /// <param name="requestHash">The exact request that must have been approved.</param>
    /// <returns>The permission.</returns>
    internal AuthorizedRequest ApprovedBy(string approval, Digest requestHash) => this with
    {
        Admission = Admission! with { Approval = approval, ApprovedHash = requestHash },
    };

    /// <summary>May this caller have a credential issued? Administrators may, for registrars, administrators, relying parties and claim batches.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="kind">What kind of credential.</param>
    /// <param name="holder">Its holder.</param>
    /// <returns>The permission, or the refusal.</returns>
    internal static Outcome<AuthorizedRequest> Credential(Caller caller, HolderKind kind, string holder)
    {
        return (caller, kind) switch
        {
            (Caller.Administrator, HolderKind.Registrar) => Allow("registrar"),
            (Caller.Administrator, HolderKind.Administrator) => Allow("administrator"),
            (Caller.Administrator, HolderKind.Claim) => Allow("claim"),
            (Caller.Administrator, HolderKind.RelyingParty) => Allow("relying-party"),
            (Caller.Administrator, _) => new Refusal(RefusalCode.BadCredential, "Credentials are issued to registrars, administrators, relying parties and claim batches.")
            {
                Field = "/kind",
            },
            _ => new Refusal(RefusalCode.NotAllowed, "Only administrators have credentials issued."),
        };

        AuthorizedRequest Allow(string profile) => new() { Caller = caller, HolderKind = kind, Holder = holder, Profile = profile };
    }

    private static Admission AdmissionOf(EnrollmentCase enrollment)
    {
        var admission = new Admission
        {
            DeviceRevision = enrollment.Device?.Revision,
            ExpectedKey = enrollment.Device?.ExpectedKey,
            Lot = enrollment.Lot?.Name,
            LotRevision = enrollment.Lot?.Revision ?? 0,
            NeedsApproval = enrollment.Group.Definition.Approval == Groups.Approval.Manual,
            MustBeListed = enrollment.Lot?.Definition.HasList == true,
            Token = enrollment.Caller.AnyToken?.Id,
        };
        return enrollment.Caller switch
        {
            Caller.Registrar registrar => admission with
            {
                Registrar = registrar.Name,
                RegistrarRevision = registrar.Revision,
                CallerCertificate = registrar.Certificate,
                DailyLimit = registrar.Scope?.DailyLimit,
            },
            Caller.Administrator administrator => admission with { CallerCertificate = administrator.Certificate },
            Caller.Claim claim => admission with { ClaimBatch = claim.Batch, CallerCertificate = claim.Certificate },
            Caller.Birth birth => admission with { BirthThumbprint = birth.Thumbprint, BirthAnchor = birth.Anchor },
            _ => admission,
        };
    }
}
