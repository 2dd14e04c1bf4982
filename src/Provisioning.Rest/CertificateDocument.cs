using System.Text.Json.Serialization;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What is known about one serial number.</summary>
internal sealed record CertificateDocument
{
    /// <summary>The serial number, upper-case hex.</summary>
    /// <example>7A326DAD16B23EBCCF50D2D8E8B84AB7</example>
    public required string SerialNumber { get; init; }

    /// <summary>The authority that signed it.</summary>
    /// <example>issuing</example>
    public required string Authority { get; init; }

    /// <summary>What kind of holder.</summary>
    /// <example>device</example>
    [NamesOf(typeof(HolderKind))]
    public required string HolderKind { get; init; }

    /// <summary>The device ID, or the name of the principal.</summary>
    /// <example>pump-0001</example>
    public required string Holder { get; init; }

    /// <summary>The profile that it was planned with.</summary>
    /// <example>device</example>
    public required string Profile { get; init; }

    /// <summary>The slot of the device that it is for.</summary>
    /// <example>operational</example>
    public required string Slot { get; init; }

    /// <summary>The enrollment group that admitted it; null when none had to.</summary>
    /// <example>default</example>
    public required string? Group { get; init; }

    /// <summary>The version of the group that admitted it, or null.</summary>
    public required long? GroupVersion { get; init; }

    /// <summary>Where it stands. <c>issued</c>: not yet seen in a handshake; <c>current</c>: in use.</summary>
    /// <example>current</example>
    [NamesOf(typeof(CertificateState))]
    public required string State { get; init; }

    /// <summary>Valid from, inclusive.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Valid until, inclusive.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>When its serial number was reserved.</summary>
    public required DateTimeOffset ReservedAt { get; init; }

    /// <summary>When it was signed; null when it never was.</summary>
    public required DateTimeOffset? IssuedAt { get; init; }

    /// <summary>When its holder, a device, first showed it; null when it never did.</summary>
    public required DateTimeOffset? SeenAt { get; init; }

    /// <summary>When its holder, a device, last showed it, to the hour; null when it never did.</summary>
    public required DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>It is superseded, and works until then; null for others, and when it does not work any more.</summary>
    public required DateTimeOffset? WorksUntil { get; init; }

    /// <summary>Who asked for it.</summary>
    /// <example>registrar:factory-line</example>
    public required string Requester { get; init; }

    /// <summary>When it was revoked or put on hold, or null.</summary>
    public required DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Why (RFC 5280 §5.3.1), or null.</summary>
    [NamesOf(typeof(RevocationReason))]
    public required string? RevocationReason { get; init; }

    /// <summary>SHA-256 of the certificate, upper-case hex; null when it was never signed.</summary>
    public required string? Thumbprint { get; init; }

    /// <summary>SHA-256 of its SubjectPublicKeyInfo, upper-case hex.</summary>
    public required string KeyThumbprint { get; init; }

    /// <summary>
    /// The certificate, PEM. Absent in lists and answers to a revocation, and when it was never signed.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Certificate { get; init; }

    internal static CertificateDocument Of(CertificateRecord record, ReadOnlyMemory<byte>? der = null) => new()
    {
        SerialNumber = record.SerialNumber.ToString(),
        Authority = record.Authority,
        HolderKind = WireNames.Of(record.HolderKind),
        Holder = record.Holder,
        Profile = record.Profile,
        Slot = record.Slot,
        Group = record.Group,
        GroupVersion = record.GroupVersion,
        State = WireNames.Of(record.State),
        NotBefore = record.NotBefore,
        NotAfter = record.NotAfter,
        ReservedAt = record.ReservedAt,
        IssuedAt = record.IssuedAt,
        SeenAt = record.SeenAt,
        LastSeenAt = record.LastSeenAt,
        WorksUntil = record.WorksUntil,
        Requester = record.Requester,
        RevokedAt = record.RevokedAt,
        RevocationReason = record.RevocationReason is { } reason ? RevocationReasons.ToText(reason) : null,
        Thumbprint = record.Thumbprint?.ToString(),
        KeyThumbprint = record.KeyThumbprint.ToString(),
        Certificate = der is { } bytes ? CertificatePem.Write(bytes) : null,
    };
}
