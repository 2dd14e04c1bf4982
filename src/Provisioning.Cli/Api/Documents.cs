using System.Text.Json;

namespace Provisioning.Cli.Api;

/// <summary>The body of an enrollment.</summary>
internal sealed record EnrollmentBody(string DeviceId, string Csr, IReadOnlyDictionary<string, string>? Attributes)
{
    public string? Group { get; init; }

    public string? Lot { get; init; }

    public string? Slot { get; init; }
}

/// <summary>The body of a renewal.</summary>
internal sealed record RenewalBody(string Csr);

/// <summary>The body of a revocation.</summary>
internal sealed record RevocationBody(string Reason);

/// <summary>A problem (RFC 9457).</summary>
internal sealed record Problem(string? Code, string? Detail, string? Pointer);

/// <summary>A page of a list. The rows stay as they came, so that <c>--json</c> gives all that was told.</summary>
internal sealed record ListPage(IReadOnlyList<JsonElement> Items, string? NextCursor);

/// <summary>The authorities, the root first.</summary>
internal sealed record AuthorityList(IReadOnlyList<AuthorityEntry> Items);

/// <summary>One authority.</summary>
internal sealed record AuthorityEntry(string Name, string Issuer, string Certificate);

/// <summary>An answer to an enrollment or a renewal: PEM, and when to come back.</summary>
internal sealed record IssuedCertificate
{
    public required string DeviceId { get; init; }

    public required string SerialNumber { get; init; }

    public required string Certificate { get; init; }

    /// <summary>From the issuing authority to the root.</summary>
    public required IReadOnlyList<string> Chain { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    public DateTimeOffset? RenewAfter { get; init; }

    public DateTimeOffset? RenewBefore { get; init; }
}

/// <summary>The caller's own view, as far as a renewal needs it. The service's clock counts.</summary>
internal sealed record Self(DateTimeOffset? RenewAfter, DateTimeOffset? RenewBefore, DateTimeOffset ServerTime)
{
    public string? Role { get; init; }

    public string? Name { get; init; }
}

/// <summary>A device, as far as a table shows it.</summary>
internal sealed record DeviceEntry
{
    public required string DeviceId { get; init; }

    public required string State { get; init; }

    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>A certificate, as far as a table shows it.</summary>
internal sealed record CertificateEntry
{
    public required string SerialNumber { get; init; }

    public required string State { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    public string? Holder { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public string? RevocationReason { get; init; }
}

/// <summary>What expires when.</summary>
internal sealed record Forecast(IReadOnlyList<ForecastDay> Days, IReadOnlyList<ForecastAuthority> Authorities);

/// <summary>What ends in a day, of a group.</summary>
internal sealed record ForecastDay(string Day, string Group, long Expiring, long Expected, long Renewed, long Late, long Unlikely);

/// <summary>When an authority ends.</summary>
internal sealed record ForecastAuthority(string Name, DateTimeOffset NotAfter, int PercentLeft);

/// <summary>A device whose certificate ends.</summary>
internal sealed record ForecastEntry(
    string DeviceId, string? Group, string Outlook, DateTimeOffset NotAfter, DateTimeOffset? RenewBefore, DateTimeOffset? LastSeenAt);

/// <summary>An entry of a device's history.</summary>
internal sealed record HistoryEntry
{
    public required DateTimeOffset At { get; init; }

    public required string Actor { get; init; }

    public required string Action { get; init; }

    public string? SerialNumber { get; init; }

    public string? Detail { get; init; }
}
