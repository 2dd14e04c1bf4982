using System.Data.Common;
using System.Security.Cryptography;
using Provisioning.Core.Certificates;

namespace Provisioning.Storage.Certificates;

/// <summary>What can be read of a row that <see cref="CertificateRow.Read"/> cannot read.</summary>
/// <param name="Key">Which it is.</param>
/// <param name="State">Its state as it is written there.</param>
/// <param name="KeyThumbprint">Of its key; null when that is damaged.</param>
internal sealed record DamagedCertificate(CertificateKey Key, string? State, Digest? KeyThumbprint)
{
    /// <summary>Reads it from the columns of <see cref="CertificateRow.Columns"/>.</summary>
    /// <returns>Null when not even the serial number or the authority is there.</returns>
    public static DamagedCertificate? TryRead(DbDataReader row) =>
        row.GetValue(0) is byte[] serial && row.GetValue(1) is string authority
            ? new DamagedCertificate(
                new CertificateKey(serial, authority),
                row.GetValue(5) as string,
                row.GetValue(6) is byte[] { Length: SHA256.HashSizeInBytes } key ? Digest.FromOctets(key) : null)
            : null;
}
