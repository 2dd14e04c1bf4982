using System.Security.Cryptography;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// A key that is made here for a device without a source of randomness (RFC 7030 §4.4). It is in this object and nowhere else: never stored,
/// never logged, given out once and wiped when the request is over. Who loses the answer asks again, and gets another one.
/// </summary>
/// <param name="delivery">How the door gives it out.</param>
/// <param name="gone">Says that the device has hung up: then no key is made, for nobody would get it.</param>
public sealed class ServerKey(IKeyDelivery delivery, CancellationToken gone) : IDisposable
{
    private bool _isAsked;
    private SerialNumber? _replaces;
    private byte[]? _pkcs8;
    private Digest? _thumbprint;

    /// <summary>How the device wants it protected; null for by TLS alone, or before its request was read.</summary>
    public KeyProtection? Protection { get; private set; }

    /// <summary>Gives the private key out, to the device that it is for.</summary>
    /// <param name="issued">The certificate over it.</param>
    /// <returns>PKCS#8 (RFC 5958), not encrypted; the caller wipes it.</returns>
    /// <exception cref="InvalidOperationException">The certificate is over another key: a defect.</exception>
    public byte[] Export(IssuedCertificate issued) =>
        _pkcs8 is { } key && _thumbprint == issued.Record.KeyThumbprint
            ? [.. key]
            : throw new InvalidOperationException("The certificate is not over the key that was made for it.");

    /// <inheritdoc/>
    public void Dispose() => Wipe();

    /// <summary>Asks whether the group has keys made, and this one can be delivered.</summary>
    internal Refusal? Check(ServerKeys policy, KeyProtection? protection)
    {
        Protection = protection;
        return Judge(policy, protection);
    }

    private Refusal? Judge(ServerKeys policy, KeyProtection? protection) => (policy, protection) switch
    {
        (ServerKeys.Off, _) => new Refusal(RefusalCode.ServerKeysOff, "No keys are made here for devices of the group."),
        (_, { } asked) => delivery.Judge(asked),
        (ServerKeys.Encrypted, null) => new Refusal(
            RefusalCode.KeyProtection,
            "The group wants keys encrypted: name in the request what for (DecryptKeyIdentifier or AsymmetricDecryptKeyIdentifier, RFC 7030 §4.4.1)."),
        _ => null,
    };

    /// <summary>Keeps what would give its place up when this was first asked.</summary>
    /// <param name="replaces">What a probe has said, or null for nothing.</param>
    /// <returns>False when another probe has said something else: a later request was answered meanwhile, and its answer stands.</returns>
    internal bool TryReplace(SerialNumber? replaces)
    {
        if (!_isAsked) (_isAsked, _replaces) = (true, replaces);
        return replaces == _replaces;
    }

    /// <summary>The device has hung up.</summary>
    internal CancellationToken Gone => gone;

    /// <summary>Takes in hand what delivering it needs.</summary>
    /// <returns>Why it could not be delivered now; or null.</returns>
    internal async ValueTask<Refusal?> PrepareAsync() => Protection is null ? null : await delivery.PrepareAsync(gone);

    /// <summary>Makes it, anew when it was made before.</summary>
    /// <returns>The public key.</returns>
    /// <exception cref="OperationCanceledException">The device has hung up.</exception>
    internal SubjectPublicKey Make(KeyAlgorithm algorithm)
    {
        Wipe();
        using var key = SigningKey.Generate(algorithm);
        gone.ThrowIfCancellationRequested();
        _pkcs8 = key.ExportPkcs8PrivateKey();
        var spki = key.ExportSubjectPublicKeyInfo();
        _thumbprint = Digest.Of(spki);
        return new SubjectPublicKey(algorithm, spki, _thumbprint.Value);
    }

    private void Wipe()
    {
        CryptographicOperations.ZeroMemory(_pkcs8);
        _pkcs8 = null;
    }
}
