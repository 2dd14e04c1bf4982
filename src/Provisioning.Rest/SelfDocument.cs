using System.Text.Json.Serialization;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>Who the caller is to this service.</summary>
internal sealed record SelfDocument
{
    /// <summary><c>device</c>, <c>registrar</c>, <c>administrator</c> or <c>relyingParty</c>.</summary>
    /// <example>device</example>
    public required string Role { get; init; }

    /// <summary>The device ID, or the name of the principal.</summary>
    /// <example>pump-0001</example>
    public required string Name { get; init; }

    /// <summary>The device ID; absent for others.</summary>
    /// <example>pump-0001</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DeviceId { get; init; }

    /// <summary>Where the device stands; absent for others.</summary>
    /// <example>active</example>
    [NamesOf(typeof(Core.Devices.DeviceState))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? State { get; init; }

    /// <summary>The certificate that the device called with; absent for others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CertificateDocument? Certificate { get; init; }

    /// <summary>Not worth renewing before; absent for others, and for a certificate without an end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? RenewAfter { get; init; }

    /// <summary>Should be renewed by then; absent for others, and for a certificate without an end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? RenewBefore { get; init; }

    /// <summary>The root certificates that this service vouches for, PEM each.</summary>
    public required IReadOnlyList<string> TrustAnchors { get; init; }

    /// <summary>The service's clock, for devices without one.</summary>
    public required DateTimeOffset ServerTime { get; init; }

    /// <summary>
    /// The same, signed, when a nonce was sent: a JWS in compact form (RFC 7515) with ES256, <c>typ</c> <c>provisioning-time+jws</c>, the
    /// chain in <c>x5c</c>, and the claims <c>iat</c> (Unix seconds), <c>nonce</c> and <c>sub</c> (the name of the caller).
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SignedTime { get; init; }
}
