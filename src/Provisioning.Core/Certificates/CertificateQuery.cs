namespace Provisioning.Core.Certificates;

/// <summary>Which certificates to list.</summary>
public sealed record CertificateQuery
{
    /// <summary>Of this holder only (a device ID or a principal's name), or null.</summary>
    public string? Holder { get; init; }

    /// <summary>Of this kind of holder only, or null.</summary>
    public HolderKind? HolderKind { get; init; }

    /// <summary>In this state only, or null.</summary>
    public CertificateState? State { get; init; }

    /// <summary>With a notAfter before this time only, or null.</summary>
    public DateTimeOffset? ExpiresBefore { get; init; }

    /// <summary>Rows a page, 1 to 500.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>The cursor that the page before gave, or null for the first.</summary>
    public Cursor? Cursor { get; init; }
}
