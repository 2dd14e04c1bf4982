using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>Where OCSP learns how a certificate stands.</summary>
public interface ICertificateStatusStore
{
    /// <summary>
    /// Stands for how all certificates stand: what was read while it had this value is what would be read now. Null when nobody here knows:
    /// because others write to the registry too, or because something is changing at this moment.
    /// </summary>
    long? Version { get; }

    /// <summary>Reads one row, always fresh.</summary>
    /// <param name="authority">Whose certificate.</param>
    /// <param name="serialNumber">Its serial number.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The row; null when this authority has none of this number.</returns>
    /// <exception cref="StorageUnavailableException">The registry cannot say now.</exception>
    /// <exception cref="InvalidDataException">The row is damaged.</exception>
    ValueTask<CertificateStatusRow?> FindStatusAsync(string authority, SerialNumber serialNumber, CancellationToken ct);
}
