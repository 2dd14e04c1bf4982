using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation.Feed;

/// <summary>An event as CloudEvents 1.0.2 has it in JSON: the same octets on the stream, in lists and in webhooks.</summary>
public sealed record RevocationEventDocument
{
    /// <summary>The version of CloudEvents.</summary>
    /// <example>1.0</example>
    public string Specversion { get; init; } = "1.0";

    /// <summary>The number of the audit entry, in decimal digits: greater for what happened later. Unique in <c>source</c>.</summary>
    /// <example>4711</example>
    public required string Id { get; init; }

    /// <summary>Names this service.</summary>
    /// <example>https://localhost/api/v1/revocations</example>
    public required string Source { get; init; }

    /// <summary>What happened. There may be more of them one day: whoever does not know a type leaves the event alone.</summary>
    /// <example>provisioning.certificate.revoked</example>
    public required string Type { get; init; }

    /// <summary>The device, principal or authority that it is about.</summary>
    /// <example>pump-0001</example>
    public required string? Subject { get; init; }

    /// <summary>When, in UTC, to the millisecond.</summary>
    /// <example>2026-11-22T03:10:00.125Z</example>
    public required string Time { get; init; }

    /// <summary>What <c>data</c> is.</summary>
    /// <example>application/json</example>
    public string Datacontenttype { get; init; } = "application/json";

    /// <summary>What a relying party needs to act.</summary>
    public required RevocationEventData Data { get; init; }

    /// <summary>Makes the document.</summary>
    /// <param name="told">The event.</param>
    /// <param name="addresses">Name this service.</param>
    /// <returns>The document.</returns>
    public static RevocationEventDocument Of(FeedEvent told, PublicAddresses addresses) => new()
    {
        Id = told.Sequence.ToString(CultureInfo.InvariantCulture),
        Source = addresses.EventSource,
        Type = FeedEventKinds.TypeOf(told.Kind),
        Subject = told.Holder,
        Time = Write(told.At),
        Data = new RevocationEventData
        {
            HolderKind = told.HolderKind is { } kind ? JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()) : null,
            DeviceId = told.HolderKind == HolderKind.Device ? told.Holder : null,
            SerialNumber = told.SerialNumber,
            Authority = told.Authority,
            Slot = told is { HolderKind: HolderKind.Device, Certificate: { } certificate } ? certificate.Slot : null,
            Thumbprint = told.Certificate?.Thumbprint?.ToString(),
            NotAfter = told.NotAfter is { } end ? Write(end) : null,
            Reason = told.Reason is { } reason ? RevocationReasons.ToText(reason) : null,
        },
    };

    /// <summary>A message that tells of nothing: whoever receives events can be tried with it.</summary>
    /// <param name="id">Its ID; no number.</param>
    /// <param name="source">Names this service.</param>
    /// <param name="at">When.</param>
    /// <returns>The document, of the type <c>provisioning.test</c>.</returns>
    public static RevocationEventDocument OfTest(string id, string source, DateTimeOffset at) => new()
    {
        Id = id,
        Source = source,
        Type = "provisioning.test",
        Subject = null,
        Time = Write(at),
        Data = new RevocationEventData
        {
            HolderKind = null,
            DeviceId = null,
            SerialNumber = null,
            Authority = null,
            Slot = null,
            Thumbprint = null,
            NotAfter = null,
            Reason = null,
        },
    };

    /// <summary>Writes it.</summary>
    /// <returns>JSON in UTF-8 on one line.</returns>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, FeedJson.Default.RevocationEventDocument);

    private static string Write(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>The <c>data</c> of an event. What is about a device and not about one certificate names no certificate.</summary>
public sealed record RevocationEventData
{
    /// <summary>
    /// What the holder is: <c>device</c>, <c>registrar</c>, <c>administrator</c>, <c>relyingParty</c>, <c>service</c>, <c>claim</c> or, of an authority
    /// that comes to its end, <c>authority</c>.
    /// </summary>
    /// <example>device</example>
    public required string? HolderKind { get; init; }

    /// <summary>The device, or null when the holder is none.</summary>
    /// <example>pump-0001</example>
    public required string? DeviceId { get; init; }

    /// <summary>The serial number of the certificate, upper-case hex; or null.</summary>
    /// <example>7A326DAD16B23EBCCF50D2D8E8B84AB7</example>
    public required string? SerialNumber { get; init; }

    /// <summary>The name of the authority that issued it, or that comes to its end; or null.</summary>
    /// <example>issuing</example>
    public required string? Authority { get; init; }

    /// <summary>The slot of the device that it is in, or null.</summary>
    /// <example>operational</example>
    public required string? Slot { get; init; }

    /// <summary>SHA-256 of the certificate, upper-case hex; null when none was ever recorded.</summary>
    /// <example>1F7C2F1C7C2A6B1F2B4A5F0C7D8E9A0B1C2D3E4F5061728394A5B6C7D8E9F001</example>
    public required string? Thumbprint { get; init; }

    /// <summary>When the certificate or the authority ends: nobody needs to remember the event for longer. In UTC, or null.</summary>
    /// <example>2027-02-20T03:10:00.000Z</example>
    public required string? NotAfter { get; init; }

    /// <summary>Why, as RFC 5280 §5.3.1 calls it; null for what is no revocation or hold.</summary>
    /// <example>keyCompromise</example>
    public required string? Reason { get; init; }
}

/// <summary>How events are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RevocationEventDocument))]
internal sealed partial class FeedJson : JsonSerializerContext;
