using System.Diagnostics;
using Provisioning.Core.Approvals;
using Provisioning.Core.Births;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Groups;
using Provisioning.Core.Lots;
using Provisioning.Core.Profiles;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;

namespace Provisioning.Storage;

/// <summary>The words that stand in the database for the members of enumerations. They never change.</summary>
internal static class Words
{
    public static string Of(CertificateState state) => state switch
    {
        CertificateState.Reserved => "reserved",
        CertificateState.Issued => "issued",
        CertificateState.Current => "current",
        CertificateState.Superseded => "superseded",
        CertificateState.Held => "held",
        CertificateState.Revoked => "revoked",
        CertificateState.Abandoned => "abandoned",
        _ => throw new UnreachableException(),
    };

    public static CertificateState ToCertificateState(string word) => word switch
    {
        "reserved" => CertificateState.Reserved,
        "issued" => CertificateState.Issued,
        "current" => CertificateState.Current,
        "superseded" => CertificateState.Superseded,
        "held" => CertificateState.Held,
        "revoked" => CertificateState.Revoked,
        "abandoned" => CertificateState.Abandoned,
        _ => throw new InvalidDataException($"'{word}' is not the state of a certificate."),
    };

    public static string Of(RevocationJobKind kind) => kind switch
    {
        RevocationJobKind.Revoke => "revoke",
        RevocationJobKind.Release => "release",
        _ => throw new UnreachableException(),
    };

    public static RevocationJobKind ToRevocationJobKind(string word) => word switch
    {
        "revoke" => RevocationJobKind.Revoke,
        "release" => RevocationJobKind.Release,
        _ => throw new InvalidDataException($"'{word}' is not a kind of revocation job."),
    };

    public static string Of(RevocationJobState state) => state switch
    {
        RevocationJobState.Waiting => "waiting",
        RevocationJobState.Running => "running",
        RevocationJobState.Finished => "finished",
        RevocationJobState.Stopped => "stopped",
        _ => throw new UnreachableException(),
    };

    public static RevocationJobState ToRevocationJobState(string word) => word switch
    {
        "waiting" => RevocationJobState.Waiting,
        "running" => RevocationJobState.Running,
        "finished" => RevocationJobState.Finished,
        "stopped" => RevocationJobState.Stopped,
        _ => throw new InvalidDataException($"'{word}' is not the state of a revocation job."),
    };

    public static string Of(HolderKind kind) => kind switch
    {
        HolderKind.Device => "device",
        HolderKind.Registrar => "registrar",
        HolderKind.Administrator => "administrator",
        HolderKind.Service => "service",
        HolderKind.Authority => "authority",
        HolderKind.Claim => "claim",
        HolderKind.RelyingParty => "relying-party",
        _ => throw new UnreachableException(),
    };

    public static HolderKind ToHolderKind(string word) => word switch
    {
        "device" => HolderKind.Device,
        "registrar" => HolderKind.Registrar,
        "administrator" => HolderKind.Administrator,
        "service" => HolderKind.Service,
        "authority" => HolderKind.Authority,
        "claim" => HolderKind.Claim,
        "relying-party" => HolderKind.RelyingParty,
        _ => throw new InvalidDataException($"'{word}' is not a kind of holder."),
    };

    public static string Of(DeviceState state) => state switch
    {
        DeviceState.Registered => "registered",
        DeviceState.Active => "active",
        DeviceState.Suspended => "suspended",
        DeviceState.Quarantined => "quarantined",
        DeviceState.Decommissioned => "decommissioned",
        _ => throw new UnreachableException(),
    };

    public static DeviceState ToDeviceState(string word) => word switch
    {
        "registered" => DeviceState.Registered,
        "active" => DeviceState.Active,
        "suspended" => DeviceState.Suspended,
        "quarantined" => DeviceState.Quarantined,
        "decommissioned" => DeviceState.Decommissioned,
        _ => throw new InvalidDataException($"'{word}' is not the state of a device."),
    };

    public static string Of(ApprovalState state) => state switch
    {
        ApprovalState.Pending => "pending",
        ApprovalState.Approved => "approved",
        ApprovalState.Denied => "denied",
        ApprovalState.Used => "used",
        _ => throw new UnreachableException(),
    };

    public static ApprovalState ToApprovalState(string word) => word switch
    {
        "pending" => ApprovalState.Pending,
        "approved" => ApprovalState.Approved,
        "denied" => ApprovalState.Denied,
        "used" => ApprovalState.Used,
        _ => throw new InvalidDataException($"'{word}' is not the state of a request for approval."),
    };

    public static string Of(CrlPolicy policy) => policy switch
    {
        CrlPolicy.RefuseStale => "refuse-stale",
        CrlPolicy.Required => "required",
        CrlPolicy.AcceptStale => "accept-stale",
        _ => throw new UnreachableException(),
    };

    public static CrlPolicy ToCrlPolicy(string word) => word switch
    {
        "refuse-stale" => CrlPolicy.RefuseStale,
        "required" => CrlPolicy.Required,
        "accept-stale" => CrlPolicy.AcceptStale,
        _ => throw new InvalidDataException($"'{word}' is not a policy for CRLs."),
    };

    public static string Of(CloneReaction reaction) => reaction switch
    {
        CloneReaction.Alarm => "alarm",
        CloneReaction.Quarantine => "quarantine",
        _ => throw new UnreachableException(),
    };

    public static string Of(CloneSign sign) => sign switch
    {
        CloneSign.SameKey => "same-key",
        CloneSign.SecondKey => "second-key",
        CloneSign.ClaimedTwice => "claimed-twice",
        CloneSign.SecondBirth => "second-birth",
        CloneSign.UnexpectedKey => "unexpected-key",
        CloneSign.OldCertificate => "old-certificate",
        _ => throw new UnreachableException(),
    };

    public static string Of(ProfileOrigin origin) => origin switch
    {
        ProfileOrigin.File => "file",
        ProfileOrigin.Administrator => "administrator",
        _ => throw new UnreachableException(),
    };

    public static ProfileOrigin ToProfileOrigin(string word) => word switch
    {
        "file" => ProfileOrigin.File,
        "administrator" => ProfileOrigin.Administrator,
        _ => throw new InvalidDataException($"'{word}' is not the origin of a profile."),
    };

    public static string Of(LotState state) => state switch
    {
        LotState.Planned => "planned",
        LotState.Open => "open",
        LotState.Passed => "passed",
        LotState.Closed => "closed",
        _ => throw new UnreachableException(),
    };

    /// <summary>The name in RFC 5280 §5.3.1.</summary>
    public static string Of(RevocationReason reason) => reason switch
    {
        RevocationReason.Unspecified => "unspecified",
        RevocationReason.KeyCompromise => "keyCompromise",
        RevocationReason.CaCompromise => "cACompromise",
        RevocationReason.AffiliationChanged => "affiliationChanged",
        RevocationReason.Superseded => "superseded",
        RevocationReason.CessationOfOperation => "cessationOfOperation",
        RevocationReason.CertificateHold => "certificateHold",
        RevocationReason.PrivilegeWithdrawn => "privilegeWithdrawn",
        RevocationReason.AaCompromise => "aACompromise",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
