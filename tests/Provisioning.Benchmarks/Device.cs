using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Benchmarks;

/// <summary>An enrolled unit: a client by its own certificate, and the request for its next one.</summary>
internal sealed record Device(Unit Unit, X509Certificate2 Certificate, Unit Next)
{
    internal static async Task<Device> EnrollAsync(Client registrar, Unit unit)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(await registrar.EnrollAsync(unit));
        return new Device(unit, certificate.CopyWithPrivateKey(unit.Key), Unit.Make(unit.DeviceId));
    }

    internal static async Task<Device[]> EnrollAsync(Client registrar, int count) =>
        await Load.MapAsync(Unit.Make(count), unit => EnrollAsync(registrar, unit));
}
