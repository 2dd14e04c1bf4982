using Provisioning.Core.Approvals;

namespace Provisioning.Rest;

/// <summary>An enrollment that waits for an administrator, as the device sees it.</summary>
internal sealed record PendingDocument
{
    /// <summary>Names the request.</summary>
    /// <example>5D0C7A3B19E84F62A7D1C3B5E9F20846</example>
    public required string RequestId { get; init; }

    /// <summary>The device that is to be enrolled.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>Where to ask again; sending the same request again does as well.</summary>
    /// <example>/api/v1/enrollments/requests/5D0C7A3B19E84F62A7D1C3B5E9F20846</example>
    public required string StatusAddress { get; init; }

    /// <summary>When it was asked first.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>After that it counts for nothing any more.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    internal static PendingDocument Of(ApprovalRequest request) => new()
    {
        RequestId = request.Id,
        DeviceId = request.DeviceId,
        StatusAddress = AddressOf(request),
        RequestedAt = request.RequestedAt,
        ExpiresAt = request.ExpiresAt,
    };

    internal static string AddressOf(ApprovalRequest request) => $"{RestEndpoints.Root}/enrollments/requests/{request.Id}";
}
