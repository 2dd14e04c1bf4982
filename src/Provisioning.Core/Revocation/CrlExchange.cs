using Microsoft.Extensions.Logging;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>
/// Where the database keeps the octets of CRLs: one node makes a CRL, the others take its octets, so that a number means the same
/// octets everywhere. A node that lost its folder, too, shows at once again what it has shown.
/// </summary>
/// <param name="store">Where they are.</param>
/// <param name="published">Where they go.</param>
/// <param name="logger">The log.</param>
internal sealed partial class CrlExchange(ICrlStore store, PublishedCrls published, ILogger logger)
{
    private const int PieceLength = 1 << 20;

    /// <summary>Keeps what was staged, before it is recorded.</summary>
    /// <param name="name">Which CRL.</param>
    /// <param name="crl">What was reserved.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>When it is durable; at once where nothing is kept.</returns>
    public async Task KeepAsync(CrlName name, CrlReservation crl, CancellationToken ct)
    {
        if (!store.KeepsOctets) return;
        await using var file = published.OpenStaged(name);
        var buffer = new byte[PieceLength];
        for (var piece = 0; ; piece++)
        {
            var read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
            if (read == 0) return;
            await store.KeepPieceAsync(crl, piece, buffer.AsMemory(0, read), ct);
        }
    }

    /// <summary>Shows the newest CRL on record, if this node does not show it yet.</summary>
    /// <param name="name">Which CRL.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>True when there was a newer one.</returns>
    public async Task<bool> TakeAsync(CrlName name, CancellationToken ct)
    {
        if (!store.KeepsOctets || await store.NewestCrlAsync(name, ct) is not { CrlHash: { } expected } newest)
            return false;
        var crl = newest.Reserved;
        if (published.Find(name)?.Number >= crl.Number && published.Exists(name)) return false;
        var hash = await published.StageAsync(name, stream => CopyAsync(crl, stream, ct));

        // Replaced while it was read, and the next look finds the one after it; or damaged, and then a new one is made by and by.
        if (hash != expected) return false;
        published.Publish(new CrlStatus
        {
            Authority = crl.Authority,
            Shard = crl.Shard,
            BaseNumber = crl.BaseNumber,
            Number = crl.Number,
            ThisUpdate = crl.ThisUpdate,
            NextUpdate = crl.NextUpdate,
            Entries = crl.Entries,
            Hash = expected,
        });
        Log.Taken(logger, name, crl.Number);
        return true;
    }

    private async Task<Digest> CopyAsync(CrlReservation crl, Stream stream, CancellationToken ct)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        await foreach (var piece in store.ReadPiecesAsync(crl, ct))
        {
            hash.AppendData(piece);
            await stream.WriteAsync(piece, ct);
        }

        return Digest.FromOctets(hash.GetHashAndReset());
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "CRL {Number} of '{Name}' was made by another node, and is shown.")]
        public static partial void Taken(ILogger logger, CrlName name, long number);
    }
}
