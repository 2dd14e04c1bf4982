using System.Security.Cryptography;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Enrollment;

/// <summary>Where a key is that was made for a device.</summary>
public sealed class ServerKeyTests
{
    [Theory]
    [InlineData(KeyAlgorithm.P256)]
    [InlineData(KeyAlgorithm.P384)]
    [InlineData(KeyAlgorithm.P521)]
    [InlineData(KeyAlgorithm.Rsa2048)]
    public void A_key_leaves_with_the_certificate_over_it_and_no_other(KeyAlgorithm algorithm)
    {
        using var made = new ServerKey(new AnyDelivery(), default);
        var first = made.Make(algorithm).Thumbprint;
        var key = made.Make(algorithm);

        Assert.NotEqual(first, key.Thumbprint);
        Assert.Equal(algorithm, key.Algorithm);
        Assert.Equal(key.SubjectPublicKeyInfo.ToArray(), PublicPartOf(made.Export(CertificateOver(key.Thumbprint)), algorithm));
        Assert.Throws<InvalidOperationException>(() => made.Export(CertificateOver(first)));
    }

    [Fact]
    public void A_key_is_nowhere_once_its_request_is_over()
    {
        using var made = new ServerKey(new AnyDelivery(), default);
        var key = made.Make(KeyAlgorithm.P256);
        made.Dispose();
        Assert.Throws<InvalidOperationException>(() => made.Export(CertificateOver(key.Thumbprint)));
    }

    [Fact]
    public void For_a_device_that_has_hung_up_none_is_kept()
    {
        using var gone = new CancellationTokenSource();
        using var made = new ServerKey(new AnyDelivery(), gone.Token);
        gone.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => made.Make(KeyAlgorithm.P256));
    }

    private static byte[] PublicPartOf(byte[] pkcs8, KeyAlgorithm algorithm)
    {
        using AsymmetricAlgorithm key = algorithm is KeyAlgorithm.Rsa2048 ? RSA.Create() : ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out var read);
        Assert.Equal(pkcs8.Length, read);
        return key.ExportSubjectPublicKeyInfo();
    }

    private static IssuedCertificate CertificateOver(Digest key)
    {
        var record = new CertificateRecord
        {
            Authority = "issuing",
            SerialNumber = SerialNumber.NewRandom(),
            HolderKind = HolderKind.Device,
            Holder = "pump-1",
            Profile = "device",
            State = CertificateState.Current,
            KeyThumbprint = key,
            TbsHash = key,
            Thumbprint = key,
            NotBefore = default,
            NotAfter = default,
            ReservedAt = default,
            IssuedAt = default,
            Requester = "token:1",
            RevokedAt = null,
            RevocationReason = null,
        };
        return new IssuedCertificate(record, default, [], null);
    }

    private sealed class AnyDelivery : IKeyDelivery
    {
        public Refusal? Judge(KeyProtection asked) => null;

        public ValueTask<Refusal?> PrepareAsync(CancellationToken ct) => ValueTask.FromResult<Refusal?>(null);
    }
}
