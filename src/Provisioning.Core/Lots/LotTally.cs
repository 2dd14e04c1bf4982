using System.Buffers;
using System.Security.Cryptography;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Lots;

/// <summary>The reconciliation of a lot: all its units counted by what became of them, and the hash of their list.</summary>
public sealed record LotTally
{
    /// <summary>More units than this are not named in a report: their list is downloaded beside it.</summary>
    public const int MaxNamed = 1_000;

    /// <summary>Units that have shown their certificates, and were not scrapped.</summary>
    public required long Activated { get; init; }

    /// <summary>Units that were reported as scrapped.</summary>
    public required long Scrapped { get; init; }

    /// <summary>Units that were enrolled, and neither seen nor scrapped.</summary>
    public required long Unaccounted { get; init; }

    /// <summary>Units that are listed, and were not enrolled.</summary>
    public required long ListedOnly { get; init; }

    /// <summary>SHA-256 of all lines (<see cref="LotUnitLines"/>).</summary>
    public required Digest Lines { get; init; }

    /// <summary>The units, when there are few enough.</summary>
    public required IReadOnlyList<LotUnit>? Named { get; init; }

    /// <summary>Units that were enrolled.</summary>
    public long Issued => Activated + Scrapped + Unaccounted;

    /// <summary>Counts.</summary>
    /// <param name="units">All units in order.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The tally; null while the certificate of a unit is being made.</returns>
    internal static async Task<LotTally?> CountAsync(IAsyncEnumerable<LotUnit> units, CancellationToken ct)
    {
        var counts = new long[Enum.GetValues<LotUnitState>().Length];
        List<LotUnit>? named = [];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var line = new ArrayBufferWriter<byte>(256);
        await foreach (var unit in units.WithCancellation(ct))
        {
            if (unit.IsInFlight) return null;
            counts[(int)unit.State]++;
            if (named?.Count == MaxNamed) named = null;
            named?.Add(unit);
            LotUnitLines.Append(line, unit);
            hash.AppendData(line.WrittenSpan);
            line.ResetWrittenCount();
        }

        return new LotTally
        {
            Activated = counts[(int)LotUnitState.Activated],
            Scrapped = counts[(int)LotUnitState.Scrapped],
            Unaccounted = counts[(int)LotUnitState.Unaccounted],
            ListedOnly = counts[(int)LotUnitState.NotIssued],
            Lines = Digest.FromOctets(hash.GetHashAndReset()),
            Named = named,
        };
    }
}
