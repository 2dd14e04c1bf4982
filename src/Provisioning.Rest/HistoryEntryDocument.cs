using System.Text.Json.Serialization;
using Provisioning.Core.Audit;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>Something that happened to a device, from the audit chain.</summary>
internal sealed record HistoryEntryDocument
{
    /// <summary>The number in the chain.</summary>
    /// <example>42</example>
    public required long Sequence { get; init; }

    /// <summary>When, to the millisecond.</summary>
    [JsonConverter(typeof(UtcMillisecondsConverter))]
    public required DateTimeOffset At { get; init; }

    /// <summary>Who.</summary>
    /// <example>registrar:factory-line</example>
    public required string Actor { get; init; }

    /// <summary>What.</summary>
    /// <example>certificate-issued</example>
    public required string Action { get; init; }

    /// <summary>The certificate that it is about, or null.</summary>
    /// <example>7A326DAD16B23EBCCF50D2D8E8B84AB7</example>
    public required string? SerialNumber { get; init; }

    /// <summary>A few words more, such as the reason of a revocation; or null.</summary>
    public required string? Detail { get; init; }

    /// <summary>SHA-256 over the hash of the entry before and this one, upper-case hex.</summary>
    public required string Hash { get; init; }

    internal static HistoryEntryDocument Of(AuditEntry entry) => new()
    {
        Sequence = entry.Sequence,
        At = entry.At,
        Actor = entry.Actor,
        Action = entry.Action,
        SerialNumber = entry.SerialNumber,
        Detail = entry.Detail,
        Hash = entry.Hash.ToString(),
    };
}
