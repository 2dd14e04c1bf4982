using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Certificates;

/// <summary>The row of a certificate that a caller has shown, with the row of its holder.</summary>
/// <param name="Record">The certificate's.</param>
/// <param name="Registrar">The holder, when it is a registrar.</param>
/// <param name="Device">The holder, when it is a device.</param>
public sealed record ShownCertificate(CertificateRecord Record, Principal? Registrar, Device? Device);
