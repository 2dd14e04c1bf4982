using Provisioning.Core.Certificates;

namespace Provisioning.Core.Approvals;

/// <summary>Which requests for approval to list, oldest first.</summary>
public sealed record ApprovalQuery
{
    /// <summary>In this state only, or null. Pending ones are the queue: those that have not expired.</summary>
    public ApprovalState? State { get; init; }

    /// <summary>What has expired by then is not in the queue any more.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Of this group only, or null.</summary>
    public string? Group { get; init; }

    /// <summary>For this device only, or null.</summary>
    public string? DeviceId { get; init; }

    /// <summary>Rows a page, 1 to 500.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>The cursor that the page before gave, or null.</summary>
    public Cursor? Cursor { get; init; }
}
