using System.Text.Json.Serialization;

namespace Provisioning.Rest;

/// <summary>Why a request was refused (RFC 9457). Programs switch on <c>code</c>; people read <c>detail</c>.</summary>
internal sealed record ProblemDocument
{
    /// <summary>The kind of problem; relative to this service, where it leads to an explanation.</summary>
    /// <example>/problems/device-already-bound</example>
    public required string Type { get; init; }

    /// <summary>The same sentence for every problem of this kind.</summary>
    /// <example>The device already holds a current certificate with another key.</example>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    /// <example>409</example>
    public required int Status { get; init; }

    /// <summary>What happened, and what to do about it.</summary>
    /// <example>Renew with the current certificate, or revoke it first.</example>
    public required string Detail { get; init; }

    /// <summary>The stable code, also in the header <c>Provisioning-Error</c>.</summary>
    /// <example>device-already-bound</example>
    public required string Code { get; init; }

    /// <summary>The field of the JSON body that is meant (RFC 6901); absent when none is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Pointer { get; init; }
}
