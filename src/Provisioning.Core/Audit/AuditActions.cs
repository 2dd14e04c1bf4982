namespace Provisioning.Core.Audit;

/// <summary>What an audit entry can tell of. The texts are stable: auditors' tools match on them.</summary>
public static class AuditActions
{
    /// <summary>A certificate was signed and recorded; the detail is its SHA-256.</summary>
    public const string CertificateIssued = "certificate-issued";

    /// <summary>A renewed certificate was seen for the first time.</summary>
    public const string CertificateConfirmed = "certificate-confirmed";

    /// <summary>A renewed certificate was given up: its device still used the one before.</summary>
    public const string CertificateNotConfirmed = "certificate-not-confirmed";

    /// <summary>
    /// An answer with a key that was made here got lost, and the same request was given another key: this certificate gave its place up; the
    /// detail is the serial number of the next one.
    /// </summary>
    public const string KeyMadeAgain = "key-made-again";

    /// <summary>A device has not renewed in its window; the detail is when its certificate ends.</summary>
    public const string RenewalLate = "renewal-late";

    /// <summary>An authority comes to its end; the detail is its name, what is left of its life at most, and when it ends.</summary>
    public const string AuthorityExpiring = "authority-expiring";

    /// <summary>A device was suspended; the detail is why.</summary>
    public const string DeviceSuspended = "device-suspended";

    /// <summary>A suspended device was resumed; the detail is why.</summary>
    public const string DeviceResumed = "device-resumed";

    /// <summary>A quarantined device was released; the detail is why.</summary>
    public const string DeviceReleased = "device-released";

    /// <summary>A device was put out of service for ever; the detail is why.</summary>
    public const string DeviceDecommissioned = "device-decommissioned";

    /// <summary>A campaign was started; the detail is its group, its ID, how many certificates it is to renew, and why.</summary>
    public const string CampaignStarted = "campaign-started";

    /// <summary>A campaign was stopped; the detail is its group and its ID.</summary>
    public const string CampaignStopped = "campaign-stopped";

    /// <summary>A reservation was given up; the detail is the SHA-256 of the TBSCertificate.</summary>
    public const string ReservationAbandoned = "reservation-abandoned";

    /// <summary>A certificate was revoked; the detail is the reason.</summary>
    public const string CertificateRevoked = "certificate-revoked";

    /// <summary>A certificate was put on hold.</summary>
    public const string CertificateHeld = "certificate-held";

    /// <summary>A hold was released.</summary>
    public const string HoldReleased = "hold-released";

    /// <summary>A CRL was signed; the detail is authority, number and SHA-256.</summary>
    public const string CrlIssued = "crl-issued";

    /// <summary>An authority was created here or taken in; the detail is the SHA-256 of its certificate.</summary>
    public const string AuthorityAdded = "authority-added";

    /// <summary>A registrar or administrator was added.</summary>
    public const string PrincipalAdded = "principal-added";

    /// <summary>A version of a profile was saved; the detail is its name, its version and the SHA-256 of its definition.</summary>
    public const string ProfileSaved = "profile-saved";

    /// <summary>A profile was deleted; the detail is as of one that was saved.</summary>
    public const string ProfileDeleted = "profile-deleted";

    /// <summary>
    /// An administrator has accepted the clock of the machine at its console; the detail is the latest time on record before.
    /// </summary>
    public const string ClockAccepted = "clock-accepted";

    /// <summary>An enrollment group was defined or changed; the detail is its name and version.</summary>
    public const string GroupChanged = "group-changed";

    /// <summary>What a registrar is limited to was changed; the detail is the limits.</summary>
    public const string ScopeChanged = "scope-changed";

    /// <summary>An administrator has approved an enrollment; the detail is the ID and the hash of the request.</summary>
    public const string EnrollmentApproved = "enrollment-approved";

    /// <summary>An administrator has denied an enrollment; the detail is the ID and the hash of the request.</summary>
    public const string EnrollmentDenied = "enrollment-denied";

    /// <summary>Devices were registered; the detail is the import, the row it has come to, and how many were new.</summary>
    public const string DevicesImported = "devices-imported";

    /// <summary>A second device seems to have the same identity; the detail is what shows it, and who came with it.</summary>
    public const string CloneSuspected = "clone-suspected";

    /// <summary>
    /// The RSA key of a device has a prime in common with another key; the detail is its thumbprint, the other key's, and whose that is.
    /// </summary>
    public const string KeySharesPrime = "key-shares-prime";

    /// <summary>A device was quarantined; the detail is why.</summary>
    public const string DeviceQuarantined = "device-quarantined";

    /// <summary>A lot was opened; the detail is its name.</summary>
    public const string LotOpened = "lot-opened";

    /// <summary>A lot was changed, or units were put on its list; the detail is its name and what was done.</summary>
    public const string LotChanged = "lot-changed";

    /// <summary>A lot was closed, for ever; the detail is its name.</summary>
    public const string LotClosed = "lot-closed";

    /// <summary>The report of a closed lot was signed; the detail is the lot's name and the SHA-256 of the report.</summary>
    public const string LotReported = "lot-reported";

    /// <summary>A unit was reported as scrapped; the detail is its lot, and the reason.</summary>
    public const string UnitScrapped = "unit-scrapped";

    /// <summary>An enrollment token was made; the detail is its ID and group, never its secret.</summary>
    public const string TokenCreated = "token-created";

    /// <summary>A batch of claim certificates was made; the detail is its group.</summary>
    public const string ClaimBatchCreated = "claim-batch-created";

    /// <summary>A batch of claim certificates was revoked as a whole; the detail is the reason.</summary>
    public const string ClaimBatchRevoked = "claim-batch-revoked";

    /// <summary>A manufacturer was registered; the detail is the trust anchor's name, its group and the SHA-256 of its certificate.</summary>
    public const string TrustAnchorAdded = "trust-anchor-added";

    /// <summary>A CRL of a manufacturer was taken; the detail is the trust anchor's name, the CRL's number and its SHA-256.</summary>
    public const string TrustAnchorCrl = "trust-anchor-crl";

    /// <summary>A manufacturer was withdrawn; the detail is the trust anchor's name.</summary>
    public const string TrustAnchorWithdrawn = "trust-anchor-withdrawn";

    /// <summary>A signer of manifests was registered; the detail is its name and the SHA-256 of its certificate.</summary>
    public const string ManifestSignerAdded = "manifest-signer-added";

    /// <summary>A signer of manifests was withdrawn; the detail is its name.</summary>
    public const string ManifestSignerWithdrawn = "manifest-signer-withdrawn";

    /// <summary>A device was announced; the detail is its group, and its claim batch and key where they are known.</summary>
    public const string DeviceExpected = "device-expected";

    /// <summary>A webhook was made; the detail is its ID and its address.</summary>
    public const string WebhookAdded = "webhook-added";

    /// <summary>A webhook was changed, given another secret, or given up; the detail is its ID and what was done.</summary>
    public const string WebhookChanged = "webhook-changed";

    /// <summary>A webhook was taken away; the detail is its ID and its address.</summary>
    public const string WebhookRemoved = "webhook-removed";

    /// <summary>An enrollment token was revoked; the detail is its ID.</summary>
    public const string TokenRevoked = "token-revoked";

    /// <summary>A revocation job was confirmed; the detail is its ID, what it does, and to how many certificates.</summary>
    public const string RevocationJobConfirmed = "revocation-job-confirmed";

    /// <summary>A second administrator agreed to a revocation job; the detail is its ID.</summary>
    public const string RevocationJobApproved = "revocation-job-approved";

    /// <summary>A revocation job was stopped; the detail is its ID, and how many certificates it has changed.</summary>
    public const string RevocationJobStopped = "revocation-job-stopped";

    /// <summary>A revocation job has finished; the detail is its ID, how many certificates it has changed, and how many it could not.</summary>
    public const string RevocationJobFinished = "revocation-job-finished";
}
