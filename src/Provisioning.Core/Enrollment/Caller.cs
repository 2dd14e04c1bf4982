using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Who is calling, after the row of its credential was read. Made once a request by the authentication handler and handed
/// to the core by the doors; the core decides from it what is allowed.
/// </summary>
public abstract record Caller
{
    private Caller()
    {
    }

    /// <summary>The name under which this caller's deeds are written down, such as <c>registrar:factory-line</c>.</summary>
    public abstract string Actor { get; }

    /// <summary>The kind of credential that enrolls with, or null for callers that enroll nobody.</summary>
    public virtual CredentialKind? Credential => null;

    /// <summary>The token that it showed beside its certificate, which must admit what it asks for, too; null for none.</summary>
    public EnrollmentToken? SecondFactor { get; init; }

    /// <summary>Every token that it showed; null for none.</summary>
    internal EnrollmentToken? AnyToken => this is Token(var only) ? only : SecondFactor;

    /// <summary>A factory line or another registration authority, by its certificate.</summary>
    /// <param name="Name">The name of the principal.</param>
    public sealed record Registrar(string Name) : Caller
    {
        /// <summary>What it is limited to; null for no limits.</summary>
        public RegistrarScope? Scope { get; init; }

        /// <summary>Counts the changes of the scope, so that a decision on an older one is not carried out.</summary>
        public long Revision { get; init; }

        /// <summary>The certificate that it showed, or null where nobody showed one (a test).</summary>
        public SerialNumber? Certificate { get; init; }

        /// <inheritdoc/>
        public override string Actor => "registrar:" + Name;

        /// <inheritdoc/>
        public override CredentialKind? Credential => CredentialKind.Registrar;
    }

    /// <summary>An administrator, by certificate.</summary>
    /// <param name="Name">The name of the principal.</param>
    public sealed record Administrator(string Name) : Caller
    {
        /// <summary>The certificate that it showed, or null where nobody showed one (a test).</summary>
        public SerialNumber? Certificate { get; init; }

        /// <inheritdoc/>
        public override string Actor => "administrator:" + Name;

        /// <inheritdoc/>
        public override CredentialKind? Credential => CredentialKind.Administrator;
    }

    /// <summary>A broker, gateway or other relying party, by certificate: reads what was revoked, and nothing else.</summary>
    /// <param name="Name">The name of the principal.</param>
    public sealed record RelyingParty(string Name) : Caller
    {
        /// <inheritdoc/>
        public override string Actor => "relying-party:" + Name;
    }

    /// <summary>Who knows the secret of an enrollment token.</summary>
    /// <param name="Facts">The token.</param>
    public sealed record Token(EnrollmentToken Facts) : Caller
    {
        /// <inheritdoc/>
        public override string Actor => "token:" + Facts.Id;

        /// <inheritdoc/>
        public override CredentialKind? Credential => CredentialKind.Token;
    }

    /// <summary>A device that holds the claim certificate of its batch.</summary>
    /// <param name="Batch">The batch.</param>
    /// <param name="Group">The batch's enrollment group.</param>
    /// <param name="Certificate">The certificate that it showed.</param>
    public sealed record Claim(string Batch, string Group, SerialNumber Certificate) : Caller
    {
        /// <inheritdoc/>
        public override string Actor => "claim:" + Batch;

        /// <inheritdoc/>
        public override CredentialKind? Credential => CredentialKind.Claim;
    }

    /// <summary>A device with the certificate that its manufacturer gave it (IDevID, IEEE 802.1AR).</summary>
    /// <param name="Anchor">The trust anchor of the manufacturer.</param>
    /// <param name="Group">The anchor's enrollment group.</param>
    /// <param name="Id">The only device that this certificate may enroll: itself.</param>
    /// <param name="Thumbprint">SHA-256 of the certificate.</param>
    public sealed record Birth(string Anchor, string Group, DeviceId Id, Digest Thumbprint) : Caller
    {
        /// <inheritdoc/>
        public override string Actor => $"birth:{Anchor}:{Id.Value}";

        /// <inheritdoc/>
        public override CredentialKind? Credential => CredentialKind.Birth;
    }

    /// <summary>A device, by its operational certificate.</summary>
    /// <param name="Id">The device.</param>
    /// <param name="Certificate">The serial number of the certificate that it showed.</param>
    /// <param name="Slot">The slot that the certificate is in.</param>
    public sealed record Device(DeviceId Id, SerialNumber Certificate, string Slot = GroupSlot.Operational) : Caller
    {
        /// <summary>Its row as it was when it was identified, or null where nobody has read it (a test).</summary>
        public Devices.Device? OnRecord { get; init; }

        /// <summary>The row of the certificate that it showed, or null where nobody has read it (a test).</summary>
        public CertificateRecord? Shown { get; init; }

        /// <summary>True when the certificate has expired, within its group's grace: it may renew, and nothing else.</summary>
        public bool IsExpired { get; init; }

        /// <inheritdoc/>
        public override string Actor => "device:" + Id.Value;
    }

    /// <summary>The service itself: its own server certificate, the first credentials, CRLs.</summary>
    public sealed record Service : Caller
    {
        /// <inheritdoc/>
        public override string Actor => "service";
    }
}
