using System.Security.Cryptography.X509Certificates;
using Provisioning.Cli.Keys;

namespace Provisioning.Cli.Files;

/// <summary>A key and the request for it: both are on the disk before anything is sent, for retries.</summary>
internal sealed class PendingPair : IDisposable
{
    private PendingPair(DeviceKey key, RequestFile request) => (Key, Request) = (key, request);

    /// <summary>The key.</summary>
    internal DeviceKey Key { get; }

    /// <summary>The request.</summary>
    internal RequestFile Request { get; }

    /// <summary>
    /// Goes on with the key of a run that was cut short; or takes the key that is there; or makes one.
    /// </summary>
    /// <param name="files">Where.</param>
    /// <param name="subject">Whom a new request is for.</param>
    /// <param name="kind">The kind of key that was asked for, or null when any will do.</param>
    /// <param name="isNew">Whether the key that is there is to be replaced.</param>
    /// <param name="usualKind">The kind of a new key when none was asked for.</param>
    internal static PendingPair Open(
        KeyPairFiles files, X500DistinguishedName subject, string? kind, bool isNew, string usualKind = KeyKind.P256)
    {
        var usesPending = File.Exists(files.PendingKey) || isNew || !File.Exists(files.Key);
        if (usesPending && !File.Exists(files.PendingKey)) CreateKey(files.PendingKey, kind ?? usualKind);
        var keyFile = usesPending ? files.PendingKey : files.Key;
        var requestFile = usesPending ? files.PendingRequest : files.Request;
        var key = DeviceKey.Read(keyFile);
        if (kind is not null && key.Kind != kind)
        {
            key.Dispose();
            throw FailureException.Usage(
                $"'{keyFile}' is a key of the kind {key.Kind}, not {kind}. Leave --key-algorithm out to go on with it"
                + (usesPending ? ", or delete that file to start again." : ", or replace it with --force."));
        }

        return new PendingPair(key, RequestFile.TryRead(requestFile, key) ?? CreateRequest(requestFile, key, subject));
    }

    public void Dispose() => Key.Dispose();

    private static void CreateKey(string path, string kind)
    {
        using var key = DeviceKey.Create(kind);
        _ = AtomicFile.TryCreate(path, key.ToPem(), AtomicFile.OwnerOnly);
    }

    private static RequestFile CreateRequest(string path, DeviceKey key, X500DistinguishedName subject)
    {
        var request = RequestFile.LoadText(key.CreateRequest(subject));
        AtomicFile.Write(path, request.Pem, AtomicFile.Readable);
        return request;
    }
}
