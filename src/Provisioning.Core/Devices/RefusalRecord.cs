namespace Provisioning.Core.Devices;

/// <summary>Refusals of one kind that a caller got for a device on one day.</summary>
public sealed record RefusalRecord
{
    /// <summary>The device that was asked for; it need not be in the registry.</summary>
    public required DeviceId DeviceId { get; init; }

    /// <summary>The stable reason.</summary>
    public required Enrollment.RefusalCode Code { get; init; }

    /// <summary>Who was refused.</summary>
    public required string Requester { get; init; }

    /// <summary>The sentence of the last one.</summary>
    public required string Detail { get; init; }

    /// <summary>The first one of the day (UTC).</summary>
    public required DateTimeOffset FirstAt { get; init; }

    /// <summary>The last one.</summary>
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>How many there were.</summary>
    public required long Count { get; init; }
}
