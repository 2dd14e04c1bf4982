namespace Provisioning.Core.Lots;

/// <summary>A unit that is reported as scrapped.</summary>
/// <param name="DeviceId">Its ID, as it was sent.</param>
/// <param name="Reason">For people, at most <see cref="MaxReason"/> characters; or null.</param>
public sealed record ScrapRequest(string DeviceId, string? Reason)
{
    /// <summary>The longest reason, in characters.</summary>
    public const int MaxReason = 200;
}
