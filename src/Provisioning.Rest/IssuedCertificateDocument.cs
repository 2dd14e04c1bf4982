using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest;

/// <summary>A new certificate, and when to come back for the next one.</summary>
internal sealed record IssuedCertificateDocument
{
    /// <summary>The device.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>The serial number, upper-case hex.</summary>
    /// <example>7A326DAD16B23EBCCF50D2D8E8B84AB7</example>
    public required string SerialNumber { get; init; }

    /// <summary>The device's certificate, PEM.</summary>
    public required string Certificate { get; init; }

    /// <summary>The certificates above it, from the issuing authority to the root, PEM each.</summary>
    public required IReadOnlyList<string> Chain { get; init; }

    /// <summary>Valid from, inclusive. Lies before the time of issue, for devices whose clocks are late.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Valid until, inclusive.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Not worth renewing before; null for a certificate without an end.</summary>
    public required DateTimeOffset? RenewAfter { get; init; }

    /// <summary>Should be renewed by then; null for a certificate without an end.</summary>
    public required DateTimeOffset? RenewBefore { get; init; }

    /// <summary>The service's clock, for devices without one.</summary>
    public required DateTimeOffset ServerTime { get; init; }

    internal static IssuedCertificateDocument Of(IssuedCertificate issued, DateTimeOffset now) => new()
    {
        DeviceId = issued.Record.Holder,
        SerialNumber = issued.Record.SerialNumber.ToString(),
        Certificate = CertificatePem.Write(issued.Der),
        Chain = [.. issued.Chain.Select(der => CertificatePem.Write(der))],
        NotBefore = issued.Record.NotBefore,
        NotAfter = issued.Record.NotAfter,
        RenewAfter = issued.Window?.After,
        RenewBefore = issued.Window?.Before,
        ServerTime = now,
    };
}
