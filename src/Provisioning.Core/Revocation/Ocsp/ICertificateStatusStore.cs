using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>Where OCSP learns how a certificate stands.</summary>
public interface ICertificateStatusStore
{
    /// <summary>Reads one row, always fresh: every request asks.</summary>
    /// <param name="authority">Whose certificate.</param>
    /// <param name="serialNumber">Its serial number.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The row; null when this authority has none of this number.</returns>
    /// <exception cref="StorageUnavailableException">The registry cannot say now.</exception>
    /// <exception cref="InvalidDataException">The row is damaged.</exception>
    ValueTask<CertificateStatusRow?> FindStatusAsync(string authority, SerialNumber serialNumber, CancellationToken ct);
}
