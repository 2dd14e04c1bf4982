using System.Text.Json.Serialization;
using Provisioning.Cli.Api;

namespace Provisioning.Cli.Bulk;

/// <summary>One enrollment of a list. A field that is not known is not passed over: it may be one that was misspelled.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record BatchRow
{
    public required string DeviceId { get; init; }

    /// <summary>The request, PEM or base64 of the DER.</summary>
    public string? Csr { get; init; }

    /// <summary>Or a file that holds it, PEM or DER; from the folder of the list.</summary>
    public string? CsrFile { get; init; }

    public string? Group { get; init; }

    public string? Lot { get; init; }

    public string? Slot { get; init; }

    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>As the service takes it.</summary>
    /// <param name="csr">The request.</param>
    internal EnrollmentBody ToBody(string csr) => new(DeviceId, csr, Attributes) { Group = Group, Lot = Lot, Slot = Slot };
}
