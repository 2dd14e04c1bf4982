using System.Security.Cryptography.X509Certificates;
using Provisioning.Cli.Keys;

namespace Provisioning.Cli.Files;

/// <summary>
/// The files of one device: its key, the request that was made with it, and its certificate. A new pair grows beside
/// the old one in files named <c>*.pending</c>: first the key and the request, before anything is sent; then the
/// certificate; and only then are they renamed over the old ones, the key first. At every moment one whole pair is on
/// the disk, and a run that was cut short is finished by the next one (<see cref="Recover"/>).
/// </summary>
internal sealed record KeyPairFiles(string Key, string Request, string Certificate)
{
    private const string Pending = ".pending";

    /// <summary>The key of a pair that is not complete yet.</summary>
    internal string PendingKey => Key + Pending;

    /// <summary>Its request.</summary>
    internal string PendingRequest => Request + Pending;

    /// <summary>Its certificate: the pair is complete, and only the renaming is left.</summary>
    internal string PendingCertificate => Certificate + Pending;

    /// <summary>Those of a device in a folder.</summary>
    internal static KeyPairFiles Of(string folder, string deviceId)
    {
        var stem = Path.Combine(folder, deviceId);
        return new KeyPairFiles(stem + ".key", stem + ".csr", stem + ".pem");
    }

    /// <summary>Those that belong to a certificate and a key, wherever these are.</summary>
    internal static KeyPairFiles Of(CredentialFiles credential) =>
        new(credential.Key, Path.ChangeExtension(credential.Key, ".csr"), credential.Certificate);

    /// <summary>Finishes what a run before this one was kept from finishing.</summary>
    internal void Recover()
    {
        if (!File.Exists(PendingCertificate)) return;
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(PendingCertificate);
        var publicKey = certificate.PublicKey.ExportSubjectPublicKeyInfo();
        if (Holds(PendingKey, publicKey))
        {
            AtomicFile.Move(PendingKey, Key);
            if (File.Exists(PendingRequest)) AtomicFile.Move(PendingRequest, Request);
        }

        // A certificate whose key is in neither place is of no use; only a hand that mixed up files leaves one.
        if (Holds(Key, publicKey)) AtomicFile.Move(PendingCertificate, Certificate);
        else File.Delete(PendingCertificate);
    }

    /// <summary>Puts the new certificate in place, together with the pending key if it is that one's.</summary>
    internal void Install(string chain)
    {
        AtomicFile.Write(PendingCertificate, chain, AtomicFile.Readable);
        Recover();
    }

    /// <summary>Forgets a pending key that can never get a certificate.</summary>
    internal void Discard()
    {
        File.Delete(PendingRequest);
        File.Delete(PendingKey);
    }

    /// <summary>Whether what is here already is about another key than a request.</summary>
    internal bool BelongsToAnotherKey(RequestFile request)
    {
        if (File.Exists(Key) && !Holds(Key, request.PublicKey.Span)) return true;
        if (!File.Exists(Certificate)) return false;
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Certificate);
        return !request.PublicKey.Span.SequenceEqual(certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    private static bool Holds(string keyFile, ReadOnlySpan<byte> publicKey)
    {
        if (!File.Exists(keyFile)) return false;
        using var key = DeviceKey.Read(keyFile);
        return key.Matches(publicKey);
    }
}
