using System.Text.Json.Serialization;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What came of announcing one device.</summary>
internal sealed record ExpectationDocument
{
    /// <summary>The device ID as it was sent.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>What came of it; absent when it was refused.</summary>
    [NamesOf(typeof(Expectation))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Result { get; init; }

    /// <summary>Why it was refused, as in problems; absent when it was not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    /// <summary>The same for people.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }

    internal static ExpectationDocument Of(string deviceId, Outcome<Expectation> outcome) => outcome.TryGet(out var result, out var refusal)
        ? new ExpectationDocument { DeviceId = deviceId, Result = WireNames.Of(result) }
        : new ExpectationDocument { DeviceId = deviceId, Code = RestErrors.KindOf(refusal.Code).Code, Detail = refusal.Detail };
}
