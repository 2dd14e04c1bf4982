using System.Text.Json.Serialization;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest.Bulk;

/// <summary>What became of one line of a batch. Lines are answered in their order.</summary>
internal sealed record BatchResultDocument
{
    /// <summary>The line, from 1.</summary>
    /// <example>1</example>
    public required long Line { get; init; }

    /// <summary>The status that an enrollment by itself would have been answered with.</summary>
    /// <example>201</example>
    public required int Status { get; init; }

    /// <summary>The device; null when the line cannot be read.</summary>
    /// <example>pump-0001</example>
    public required string? DeviceId { get; init; }

    /// <summary>The serial number, upper-case hex; absent unless a certificate was issued, now or before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SerialNumber { get; init; }

    /// <summary>The certificate, PEM; absent likewise. Those above it are at <c>/api/v1/authorities</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Certificate { get; init; }

    /// <summary>Valid until; absent likewise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>Not worth renewing before; absent likewise, and for a certificate without an end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? RenewAfter { get; init; }

    /// <summary>Should be renewed by then; absent likewise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? RenewBefore { get; init; }

    /// <summary>The stable code of why there is no certificate; absent when there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    /// <summary>The same for people; absent likewise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }

    /// <summary>For 202: where to ask again; else absent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StatusAddress { get; init; }

    internal static BatchResultDocument Of(long line, string deviceId, Outcome<IssuedCertificate> outcome)
    {
        if (!outcome.TryGet(out var issued, out var refusal)) return Of(line, deviceId, RestErrors.Of(refusal), refusal);
        return new BatchResultDocument
        {
            Line = line,
            Status = 201,
            DeviceId = deviceId,
            SerialNumber = issued.Record.SerialNumber.ToString(),
            Certificate = CertificatePem.Write(issued.Der),
            NotAfter = issued.Record.NotAfter,
            RenewAfter = issued.Window?.After,
            RenewBefore = issued.Window?.Before,
        };
    }

    internal static BatchResultDocument Of(long line, string? deviceId, Problem problem, Refusal? refusal = null) => new()
    {
        Line = line,
        Status = problem.Kind.Status,
        DeviceId = deviceId,
        Code = problem.Kind.Code,
        Detail = problem.Detail,
        StatusAddress = refusal?.Pending is { } pending ? PendingDocument.AddressOf(pending) : null,
    };
}
