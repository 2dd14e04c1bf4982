using System.Net;
using System.Text.Json.Serialization;

namespace Provisioning.Cli.Bulk;

/// <summary>
/// What became of one enrollment of a list, as the service answers it and as it is kept: there with the line of the list, and the slot.
/// </summary>
internal sealed record BatchResult
{
    /// <summary>How every line that is kept starts: the status is written first.</summary>
    internal const string Start = "{\"status\":";

    /// <summary>The status that an enrollment by itself would have been answered with.</summary>
    public required int Status { get; init; }

    public long? Line { get; init; }

    public string? DeviceId { get; init; }

    public string? Slot { get; init; }

    public string? SerialNumber { get; init; }

    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>PEM; absent when it was written to a file.</summary>
    public string? Certificate { get; init; }

    /// <summary>The file.</summary>
    public string? CertificateFile { get; init; }

    public string? Code { get; init; }

    public string? Detail { get; init; }

    /// <summary>True when the service failed, and said nothing about the unit: that is no result, and is not kept as one.</summary>
    [JsonIgnore]
    public bool HasFailed => Status >= (int)HttpStatusCode.InternalServerError;
}
