using System.Text.Json.Serialization;
using Provisioning.Core.Credentials;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>An enrollment token. Its text is in the answer that made it, and nowhere else.</summary>
internal sealed record TokenDocument
{
    /// <summary>Names the token; no secret.</summary>
    /// <example>4XN5A0T2R8W9K3QJ</example>
    public required string Id { get; init; }

    /// <summary>What can be done with it now.</summary>
    [NamesOf(typeof(TokenState))]
    public required string State { get; init; }

    /// <summary>The enrollment group.</summary>
    /// <example>pumps</example>
    public required string Group { get; init; }

    /// <summary>The lot whose units it enrolls, or null.</summary>
    public required string? Lot { get; init; }

    /// <summary>The only device that it enrolls, or null.</summary>
    public required string? DeviceId { get; init; }

    /// <summary>What the whole device ID must match, or null.</summary>
    public required string? DeviceIdPattern { get; init; }

    /// <summary>The SHA-256 of the only SubjectPublicKeyInfo that it enrolls, or null.</summary>
    public required string? KeyThumbprint { get; init; }

    /// <summary>How many certificates it is good for.</summary>
    public required long Uses { get; init; }

    /// <summary>How many it was used for.</summary>
    public required long Used { get; init; }

    /// <summary>Good until then.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    /// <example>administrator:admin</example>
    public required string CreatedBy { get; init; }

    /// <summary>When it was revoked, or null.</summary>
    public required DateTimeOffset? RevokedAt { get; init; }

    /// <summary>For people, or null.</summary>
    public required string? Note { get; init; }

    /// <summary>The token itself, in the answer that made it only: <c>Authorization: Bearer</c> and this.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }

    /// <summary>The token as a QR code, a PNG in base64, when that was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? QrCode { get; init; }

    internal static TokenDocument Of(EnrollmentToken token, DateTimeOffset now) => new()
    {
        Id = token.Id,
        State = WireNames.Of(token.StateAt(now)),
        Group = token.Group,
        Lot = token.Lot,
        DeviceId = token.DeviceId?.Value,
        DeviceIdPattern = token.DeviceIdPattern?.Text,
        KeyThumbprint = token.KeyThumbprint?.ToString(),
        Uses = token.Uses,
        Used = token.Used,
        ExpiresAt = token.ExpiresAt,
        CreatedAt = token.CreatedAt,
        CreatedBy = token.CreatedBy,
        RevokedAt = token.RevokedAt,
        Note = token.Note,
    };

    internal static TokenDocument Of(NewToken made, DateTimeOffset now, bool withQrCode) => Of(made.Facts, now) with
    {
        Token = made.Text.Value,
        QrCode = withQrCode ? Convert.ToBase64String(TokenQrCode.ToPng(made.Text)) : null,
    };
}
