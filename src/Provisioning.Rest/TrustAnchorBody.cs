using Provisioning.Core.Births;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A manufacturer whose birth certificates are to be honored.</summary>
internal sealed record TrustAnchorBody
{
    private const int MaxPem = 24 * 1024;

    /// <summary>Its name: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    /// <example>acme-idevid</example>
    public required string Name { get; init; }

    /// <summary>The enrollment group; it must accept birth certificates.</summary>
    /// <example>pumps</example>
    public required string Group { get; init; }

    /// <summary>The manufacturer's CA certificate, PEM.</summary>
    public required string Certificate { get; init; }

    /// <summary>CA certificates below it, each after its issuer, PEM each; at most 8.</summary>
    public IReadOnlyList<string>? Intermediates { get; init; }

    /// <summary>
    /// A regular expression that the whole serial number must match: the serialNumber of the subject, or the one of a
    /// hardwareModuleName.
    /// </summary>
    /// <example>AC-[0-9]{8}</example>
    public required string SerialNumberPattern { get; init; }

    /// <summary>The device ID, with <c>${serialNumber}</c> in it; leave it out for the serial number itself.</summary>
    /// <example>acme-${serialNumber}</example>
    public string? DeviceId { get; init; }

    /// <summary>What is done about CRLs that are missing or old; usually <c>refuseStale</c>.</summary>
    /// <example>refuseStale</example>
    [NamesOf(typeof(CrlPolicy))]
    public string? CrlPolicy { get; init; }

    internal Checked<TrustAnchorDefinition> ToDefinition()
    {
        var policy = Core.Births.CrlPolicy.RefuseStale;
        if (CrlPolicy is not null && !WireNames.TryParse(CrlPolicy, out policy))
            return Bad("/crlPolicy", $"It is one of: {string.Join(", ", WireNames.AllOf(typeof(CrlPolicy)))}.");
        if (!ToDer(Certificate).TryGet(out var certificate, out var refusal)) return Bad("/certificate", refusal.Detail);
        var intermediates = new List<ReadOnlyMemory<byte>>();
        for (var i = 0; i < (Intermediates?.Count ?? 0); i++)
        {
            if (!ToDer(Intermediates![i] ?? "").TryGet(out var der, out refusal)) return Bad($"/intermediates/{i}", refusal.Detail);
            intermediates.Add(der);
        }

        return new TrustAnchorDefinition
        {
            Group = Group,
            Certificate = certificate,
            Intermediates = intermediates,
            SerialNumberPattern = SerialNumberPattern,
            DeviceId = DeviceId ?? TrustAnchorDefinition.SerialNumber,
            CrlPolicy = policy,
        };
    }

    private static Outcome<byte[]> ToDer(string pem) => PemReader.Read(pem, ["CERTIFICATE"], MaxPem);

    private static Problem Bad(string pointer, string detail) =>
        RestErrors.Of(new Refusal(RefusalCode.BadCredential, detail)) with { Pointer = pointer };
}
