using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Benchmarks;

/// <summary>A device's key and its certification request, made before anything is measured.</summary>
internal sealed record Unit(string DeviceId, ECDsa Key, byte[] Request)
{
    /// <summary>Makes units with P-256 keys, and names that no other call gives.</summary>
    internal static Unit[] Make(int count)
    {
        var prefix = $"unit-{Convert.ToHexString(RandomNumberGenerator.GetBytes(6))}-";
        var units = new Unit[count];
        Parallel.For(0, count, i => units[i] = Make(prefix + i));
        return units;
    }

    internal static Unit Make(string deviceId)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={deviceId}", key, HashAlgorithmName.SHA256);
        return new Unit(deviceId, key, request.CreateSigningRequest());
    }
}
