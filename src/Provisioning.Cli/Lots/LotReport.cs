namespace Provisioning.Cli.Lots;

/// <summary>What the signed report of a closed lot says, as far as it is looked at here.</summary>
internal sealed record LotReport(int Version, string Lot, DateTimeOffset SignedAt, LotReport.Reconciliation Counts, LotReport.UnitList Units)
{
    /// <summary>What became of the units.</summary>
    internal sealed record Reconciliation
    {
        public required long Ordered { get; init; }

        public required long Issued { get; init; }

        public required long Replaced { get; init; }

        public required long Activated { get; init; }

        public required long Scrapped { get; init; }

        public required long Unaccounted { get; init; }

        public required long NotIssued { get; init; }

        public required long AttemptsBeyond { get; init; }
    }

    /// <summary>The list of all units: how many, and the SHA-256 of its lines.</summary>
    internal sealed record UnitList(long Count, string Sha256);
}
