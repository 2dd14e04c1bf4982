using Provisioning.Core.Approvals;
using Provisioning.Core.Certificates;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>An enrollment that an administrator decides, with what its certification request says.</summary>
internal sealed record ApprovalDocument
{
    /// <summary>Names it.</summary>
    /// <example>5D0C7A3B19E84F62A7D1C3B5E9F20846</example>
    public required string Id { get; init; }

    /// <summary>Where it stands. <c>used</c>: its certificate was issued.</summary>
    /// <example>pending</example>
    [NamesOf(typeof(ApprovalState))]
    public required string State { get; init; }

    /// <summary>The device that is to be enrolled.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>The group that wants the approval.</summary>
    /// <example>pumps</example>
    public required string Group { get; init; }

    /// <summary>The version of the group that all other rules were kept of; with another one the approval counts for nothing.</summary>
    public required long GroupVersion { get; init; }

    /// <summary>The slot of the certificate.</summary>
    /// <example>operational</example>
    public required string Slot { get; init; }

    /// <summary>The lot that the unit counts for, or null.</summary>
    public required string? Lot { get; init; }

    /// <summary>Who asked; nobody else is given the certificate.</summary>
    /// <example>registrar:factory-line</example>
    public required string Requester { get; init; }

    /// <summary>The attributes that were sent.</summary>
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>The kind of public key.</summary>
    /// <example>p256</example>
    [NamesOf(typeof(KeyAlgorithm))]
    public required string KeyAlgorithm { get; init; }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo that the request is signed with, upper-case hex: compare it with what the device shows.</summary>
    public required string KeyThumbprint { get; init; }

    /// <summary>True when the service makes the key of the certificate (EST <c>serverkeygen</c>): then the request's key is not certified.</summary>
    public required bool KeyIsMade { get; init; }

    /// <summary>
    /// The serial number of a certificate that the same request was given before, and that nobody has shown here: it is revoked with the next one. Null where
    /// there is none.
    /// </summary>
    public required string? Replaces { get; init; }

    /// <summary>The common name that the certification request asks for, or null.</summary>
    /// <example>pump-0001</example>
    public required string? CommonName { get; init; }

    /// <summary>The alternative names that it asks for.</summary>
    public required IReadOnlyList<string> AlternativeNames { get; init; }

    /// <summary>The certification request, base64 of its DER.</summary>
    public required string Csr { get; init; }

    /// <summary>SHA-256 over all that is approved, upper-case hex.</summary>
    public required string RequestHash { get; init; }

    /// <summary>When it was asked.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>After that it counts for nothing, decided or not.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was decided, or null.</summary>
    public required DateTimeOffset? DecidedAt { get; init; }

    /// <summary>By whom, or null.</summary>
    public required string? DecidedBy { get; init; }

    /// <summary>Why it was denied, or null.</summary>
    public required string? Reason { get; init; }

    internal static ApprovalDocument Of(ApprovalRequest request)
    {
        // It could be read when it was put into the queue, and nothing changes it there.
        if (!CertificationRequestReader.Read(request.CertificationRequest).TryGet(out var csr, out var refusal))
            throw new InvalidDataException($"The request {request.Id} in the queue cannot be read: {refusal.Detail}");
        return new ApprovalDocument
        {
            Id = request.Id,
            State = WireNames.Of(request.State),
            DeviceId = request.DeviceId,
            Group = request.Group,
            GroupVersion = request.GroupVersion,
            Slot = request.Slot,
            Lot = request.Lot,
            Requester = request.Requester,
            Attributes = request.Attributes,
            KeyAlgorithm = WireNames.Of(csr.Key.Algorithm),
            KeyThumbprint = csr.Key.Thumbprint.ToString(),
            KeyIsMade = request.KeyIsMade,
            Replaces = request.Replaces?.ToString(),
            CommonName = csr.CommonName,
            AlternativeNames = [.. csr.AlternativeNames.Select(TextOf)],
            Csr = Convert.ToBase64String(request.CertificationRequest.Span),
            RequestHash = request.RequestHash.ToString(),
            RequestedAt = request.RequestedAt,
            ExpiresAt = request.ExpiresAt,
            DecidedAt = request.DecidedAt,
            DecidedBy = request.DecidedBy,
            Reason = request.Reason,
        };
    }

    private static string TextOf(GeneralName name) => name switch
    {
        GeneralName.Dns(var host) => "dns:" + host,
        GeneralName.Ip(var address) => "ip:" + address,
        GeneralName.Uri(var uri) => "uri:" + uri,
        GeneralName.PermanentIdentifier(var value, _) => "permanentIdentifier:" + value,
        _ => name.ToString(),
    };
}
