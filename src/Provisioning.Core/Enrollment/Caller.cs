using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Who is calling, after the row of its certificate was read. Made once a request by the authentication handler and handed
/// to the core by the doors; the core decides from it what is allowed.
/// </summary>
public abstract record Caller
{
    private Caller()
    {
    }

    /// <summary>The name under which this caller's deeds are written down, such as <c>registrar:factory-line</c>.</summary>
    public abstract string Actor { get; }

    /// <summary>A factory line or another registration authority, by its certificate.</summary>
    /// <param name="Name">The name of the principal.</param>
    public sealed record Registrar(string Name) : Caller
    {
        /// <inheritdoc/>
        public override string Actor => "registrar:" + Name;
    }

    /// <summary>An administrator, by certificate.</summary>
    /// <param name="Name">The name of the principal.</param>
    public sealed record Administrator(string Name) : Caller
    {
        /// <inheritdoc/>
        public override string Actor => "administrator:" + Name;
    }

    /// <summary>A device, by its operational certificate.</summary>
    /// <param name="Id">The device.</param>
    /// <param name="Certificate">The serial number of the certificate that it showed.</param>
    public sealed record Device(DeviceId Id, SerialNumber Certificate) : Caller
    {
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
