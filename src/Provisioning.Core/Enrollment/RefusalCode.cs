namespace Provisioning.Core.Enrollment;

/// <summary>
/// Every reason for which the core says no. Closed: each door turns all of them into its own wire codes in one switch
/// (REST: <c>kebab-case</c> of the member's name), and firmware may rely on the names for ever.
/// </summary>
public enum RefusalCode
{
    /// <summary>The bytes are not the format that they claim to be (not PEM, not DER, not base64).</summary>
    Malformed,

    /// <summary>A certification request that is DER but breaks RFC 2986 or a limit of this service.</summary>
    BadCsr,

    /// <summary>The proof of possession does not verify under the request's own key (RFC 2986 §4.2).</summary>
    PopInvalid,

    /// <summary>The request is signed with an algorithm that this service does not accept (SHA-1, MD5, RSA-PSS …).</summary>
    SignatureAlgorithm,

    /// <summary>The request asks for an extension that is unknown and critical.</summary>
    UnsupportedExtension,

    /// <summary>The request asks for a key usage, extended key usage or other extension that the profile does not grant.</summary>
    ExtensionNotAllowed,

    /// <summary>The request asks to become a certificate authority.</summary>
    CaRequested,

    /// <summary>The public key is of an accepted kind but broken or weak (size, exponent, structure, curve point).</summary>
    BadKey,

    /// <summary>The RSA modulus has the fingerprint of the ROCA weakness (CVE-2017-15361).</summary>
    Roca,

    /// <summary>The public key is of a kind that this service does not certify.</summary>
    UnsupportedKey,

    /// <summary>The profile does not accept this kind of public key.</summary>
    KeyNotAllowed,

    /// <summary>The public key is on the list of compromised or known weak keys.</summary>
    KeyBlocked,

    /// <summary>The public key already belongs to another holder.</summary>
    KeyInUse,

    /// <summary>A name that the certificate would have is one of another holder's.</summary>
    NameInUse,

    /// <summary>The request is larger than this service reads.</summary>
    TooLarge,

    /// <summary>The device ID is not of the accepted form.</summary>
    BadDeviceId,

    /// <summary>An attribute's name or value is not of the accepted form, or there are too many.</summary>
    BadAttributes,

    /// <summary>The names in the request are not those of the device that is to be enrolled.</summary>
    IdentityMismatch,

    /// <summary>A name of the profile cannot be made of the device's ID, group or attributes: one is missing or does not fit.</summary>
    NameNotPossible,

    /// <summary>The caller showed no credential.</summary>
    NoCredential,

    /// <summary>The caller's certificate is not in the registry.</summary>
    UnknownCertificate,

    /// <summary>The caller's certificate has expired or is not valid yet.</summary>
    CertificateExpired,

    /// <summary>The caller's certificate was revoked.</summary>
    CertificateRevoked,

    /// <summary>The certificate is on hold.</summary>
    CertificateOnHold,

    /// <summary>The caller's certificate was replaced by a newer one.</summary>
    CertificateSuperseded,

    /// <summary>The caller is known but may not do this.</summary>
    NotAllowed,

    /// <summary>The device already holds a current certificate with another key.</summary>
    DeviceAlreadyBound,

    /// <summary>The device is suspended.</summary>
    DeviceSuspended,

    /// <summary>The device is quarantined: a clone is suspected, or others can compute its key.</summary>
    DeviceQuarantined,

    /// <summary>The device was decommissioned, which is final.</summary>
    DeviceDecommissioned,

    /// <summary>The same Idempotency-Key came with another request.</summary>
    IdempotencyMismatch,

    /// <summary>The same request is being worked on.</summary>
    RequestInProgress,

    /// <summary>No such device, certificate or authority.</summary>
    NotFound,

    /// <summary>The certificate is already revoked for another reason.</summary>
    AlreadyRevoked,

    /// <summary>The certificate is not on hold, so there is nothing to release.</summary>
    NotOnHold,

    /// <summary>The revocation reason is not one that may be asked for (RFC 5280 §5.3.1).</summary>
    BadReason,

    /// <summary>The profile cannot be used, or could make a certificate that breaks a rule.</summary>
    BadProfile,

    /// <summary>The profile is one that cannot be deleted.</summary>
    ProfileInUse,

    /// <summary>The resource is not in the version that the caller has seen (If-Match, If-None-Match).</summary>
    PreconditionFailed,

    /// <summary>Who replaces a resource says which version was seen (If-Match).</summary>
    PreconditionRequired,

    /// <summary>The planned certificate breaks a rule of RFC 5280: a defect of the profile, not of the request.</summary>
    LintFailed,

    /// <summary>The authority can sign nothing that is valid for a useful time any more.</summary>
    AuthorityExpiring,

    /// <summary>The authority's key cannot be used now.</summary>
    AuthorityUnavailable,

    /// <summary>The database cannot store anything now.</summary>
    StorageUnavailable,

    /// <summary>More devices ask than can be served now.</summary>
    Overloaded,

    /// <summary>What is on record of it is damaged; nothing is done with it.</summary>
    RecordDamaged,

    /// <summary>The clock of this machine went back; nothing is signed until it is right again.</summary>
    ClockRegressed,

    /// <summary>The clock of this machine jumped far ahead; nothing is signed until it is right again.</summary>
    ClockSuspect,

    /// <summary>The definition of an enrollment group cannot be used.</summary>
    BadGroup,

    /// <summary>The limits of a registrar cannot be used.</summary>
    BadScope,

    /// <summary>A name that somebody gives to a thing is not of the accepted form.</summary>
    BadName,

    /// <summary>It is on record already, and otherwise.</summary>
    AlreadyExists,

    /// <summary>An import goes on with other rows than it began with, or somebody else works on it.</summary>
    ImportMismatch,

    /// <summary>What the decision rested on has changed meanwhile; ask again.</summary>
    PolicyChanged,

    /// <summary>The request names an enrollment group that there is not.</summary>
    UnknownGroup,

    /// <summary>The device belongs to another group than the request names.</summary>
    GroupMismatch,

    /// <summary>The group has no slot of that name.</summary>
    UnknownSlot,

    /// <summary>The group does not accept this kind of credential.</summary>
    CredentialNotAccepted,

    /// <summary>The caller's credential does not reach this group, lot or device.</summary>
    OutsideScope,

    /// <summary>The caller's credential may not be used from this network.</summary>
    OutsideNetwork,

    /// <summary>The caller's credential may not be used at this time.</summary>
    OutsideHours,

    /// <summary>The caller has enrolled as many devices today as it may.</summary>
    DailyLimit,

    /// <summary>The group does not enroll devices of such an ID.</summary>
    DeviceIdNotAllowed,

    /// <summary>The group enrolls only devices that are in the registry already.</summary>
    NotPreregistered,

    /// <summary>The device lacks an attribute that the group requires.</summary>
    AttributeMissing,

    /// <summary>The definition of a token, claim batch, trust anchor or the like cannot be used.</summary>
    BadCredential,

    /// <summary>An element of a manifest is not signed by who may sign it.</summary>
    BadManifest,

    /// <summary>The CRL of a manufacturer cannot be taken.</summary>
    BadCrl,

    /// <summary>It is not known whether a manufacturer has revoked the caller's certificate.</summary>
    RevocationUnknown,

    /// <summary>The caller showed two credentials at once.</summary>
    TwoCredentials,

    /// <summary>The enrollment token is not one of this service, or was revoked.</summary>
    BadToken,

    /// <summary>The enrollment token has expired.</summary>
    TokenExpired,

    /// <summary>The enrollment token was used as often as it may be.</summary>
    TokenExhausted,

    /// <summary>The credential does not expect this device.</summary>
    NotExpected,

    /// <summary>The device was claimed before.</summary>
    AlreadyClaimed,

    /// <summary>The device is bound to another public key.</summary>
    KeyMismatch,

    /// <summary>The request names a lot that there is not.</summary>
    UnknownLot,

    /// <summary>The lot was closed, or its window has passed.</summary>
    LotClosed,

    /// <summary>The lot's window has not begun.</summary>
    LotNotOpen,

    /// <summary>The lot does not order this unit.</summary>
    NotInLot,

    /// <summary>An administrator has to approve the request; asking again later is right.</summary>
    ApprovalPending,

    /// <summary>An administrator has denied the request.</summary>
    ApprovalDenied,

    /// <summary>Too many requests of this caller wait for an administrator.</summary>
    TooManyPending,

    /// <summary>As many units of the lot as were ordered have been enrolled.</summary>
    QuotaExhausted,

    /// <summary>The definition of a lot cannot be used.</summary>
    BadLot,

    /// <summary>The unit was ordered, and was not enrolled.</summary>
    NotEnrolled,

    /// <summary>The device is not in a state in which that can be done to it.</summary>
    BadDeviceState,

    /// <summary>The campaign cannot be started like this.</summary>
    BadCampaign,

    /// <summary>Another campaign of the group is not over.</summary>
    CampaignRunning,

    /// <summary>The window in which the certificate is to be renewed has not begun.</summary>
    RenewalTooEarly,

    /// <summary>The group wants a new key with every renewal.</summary>
    NewKeyRequired,

    /// <summary>The group's devices keep their key.</summary>
    NewKeyNotAllowed,

    /// <summary>As many streams are open as may be.</summary>
    TooManyStreams,

    /// <summary>The reader has seen events that this service does not have: it was restored from a backup, or is another one.</summary>
    FeedPositionAhead,

    /// <summary>The definition of a webhook cannot be used.</summary>
    BadWebhook,

    /// <summary>What a revocation job is to concern cannot be used.</summary>
    BadRevocationJob,

    /// <summary>The confirmation token of a revocation job is not good.</summary>
    BadConfirmation,

    /// <summary>The group wants a certificate and a token together, and one of them is missing.</summary>
    SecondCredentialRequired,

    /// <summary>The request is not bound to the TLS session that it came over.</summary>
    ChannelBinding,

    /// <summary>No keys are made here for devices of the group.</summary>
    ServerKeysOff,

    /// <summary>A key cannot be protected in the way that the request asks for.</summary>
    KeyProtection,

    /// <summary>A revocation job would concern many more certificates than were previewed.</summary>
    CountChanged,
}
