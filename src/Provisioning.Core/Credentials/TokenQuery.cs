using Provisioning.Core.Certificates;

namespace Provisioning.Core.Credentials;

/// <summary>Which tokens to list, newest first.</summary>
public sealed record TokenQuery
{
    /// <summary>Only of this group.</summary>
    public string? Group { get; init; }

    /// <summary>Only in this state at <see cref="Now"/>.</summary>
    public TokenState? State { get; init; }

    /// <summary>When the states are looked at.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Rows a page, 1 to 500.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>The cursor that the page before gave, or null.</summary>
    public Cursor? Cursor { get; init; }
}
