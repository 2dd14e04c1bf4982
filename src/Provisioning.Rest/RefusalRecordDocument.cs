using Provisioning.Core.Devices;

namespace Provisioning.Rest;

/// <summary>Refusals of one kind that a caller got for a device on one day.</summary>
internal sealed record RefusalRecordDocument
{
    /// <summary>The stable code.</summary>
    /// <example>not-preregistered</example>
    public required string Code { get; init; }

    /// <summary>Who was refused.</summary>
    /// <example>registrar:factory-line</example>
    public required string Requester { get; init; }

    /// <summary>The sentence of the last one.</summary>
    public required string Detail { get; init; }

    /// <summary>The first one of the day (UTC).</summary>
    public required DateTimeOffset FirstAt { get; init; }

    /// <summary>The last one.</summary>
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>How many there were.</summary>
    public required long Count { get; init; }

    internal static RefusalRecordDocument Of(RefusalRecord record) => new()
    {
        Code = RestErrors.KindOf(record.Code).Code,
        Requester = record.Requester,
        Detail = record.Detail,
        FirstAt = record.FirstAt,
        LastAt = record.LastAt,
        Count = record.Count,
    };
}
