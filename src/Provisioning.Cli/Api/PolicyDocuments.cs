namespace Provisioning.Cli.Api;

/// <summary>A production order, as far as a table shows it.</summary>
internal sealed record LotEntry
{
    public required string Name { get; init; }

    public required string State { get; init; }

    public required string Group { get; init; }

    public string? Description { get; init; }

    public LotRange? Range { get; init; }

    public long? Listed { get; init; }

    public IReadOnlyList<string>? Stations { get; init; }

    public required DateTimeOffset OpensAt { get; init; }

    public required DateTimeOffset ClosesAt { get; init; }

    public required LotCounts Counts { get; init; }
}

/// <summary>Consecutive device IDs.</summary>
internal sealed record LotRange(string Prefix, long First, long Last, int Width);

/// <summary>How far a lot is.</summary>
internal sealed record LotCounts(long Ordered, long Issued, long Remaining, long Scrapped, long Activated, long Beyond);

/// <summary>What became of the units that were reported as scrapped.</summary>
internal sealed record ScrapReport(IReadOnlyList<ScrappedUnit> Items);

/// <summary>One of them; <c>Code</c> says why nothing was done.</summary>
internal sealed record ScrappedUnit(string DeviceId, DateTimeOffset? ScrappedAt, int Revoked, string? Code, string? Detail);

/// <summary>Enrollment tokens that were made.</summary>
internal sealed record TokenList
{
    public required IReadOnlyList<TokenEntry> Items { get; init; }
}

/// <summary>An enrollment token, as far as a table shows it.</summary>
internal sealed record TokenEntry
{
    public required string Id { get; init; }

    public required string State { get; init; }

    public required string Group { get; init; }

    public string? Lot { get; init; }

    public string? DeviceId { get; init; }

    public string? DeviceIdPattern { get; init; }

    public string? KeyThumbprint { get; init; }

    public required long Uses { get; init; }

    public required long Used { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public string? Note { get; init; }

    /// <summary>The token itself: in the answer that made it only.</summary>
    public string? Token { get; init; }

    /// <summary>The same as a QR code, PNG in base64.</summary>
    public string? QrCode { get; init; }
}

/// <summary>An enrollment group, as far as a table shows it.</summary>
internal sealed record GroupEntry
{
    public required string Name { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required string UpdatedBy { get; init; }

    public string? Description { get; init; }

    public required string Authority { get; init; }

    public required string Profile { get; init; }

    public string? DeviceIdPattern { get; init; }

    public required IReadOnlyList<string> Credentials { get; init; }

    public required string Registration { get; init; }

    public required string Approval { get; init; }

    public IReadOnlyList<string> RequiredAttributes { get; init; } = [];

    public required string OnClone { get; init; }

    public bool BothCredentials { get; init; }

    public required string Linking { get; init; }

    public required string ServerKeys { get; init; }
}

/// <summary>Whom a change of a group would refuse.</summary>
internal sealed record GroupPreview(
    long Devices, long Refused, IReadOnlyDictionary<string, long> ByRule, IReadOnlyList<GroupPreview.Example> Examples)
{
    internal sealed record Example(string DeviceId, string Rule);
}

/// <summary>A version of a profile, as far as a table shows it.</summary>
internal sealed record ProfileEntry
{
    public required string Name { get; init; }

    public required long Version { get; init; }

    public required string Origin { get; init; }

    public required bool IsDeleted { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Actor { get; init; }

    public required System.Text.Json.JsonElement Definition { get; init; }
}
