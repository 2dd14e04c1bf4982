using Provisioning.Cli.Api;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary>What <c>enroll</c> and <c>renew</c> have put on the disk.</summary>
internal sealed record PairReport
{
    /// <summary>Whether <c>renew</c> did anything; absent from an enrollment.</summary>
    public bool? Renewed { get; init; }

    public required string DeviceId { get; init; }

    public required string SerialNumber { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    public DateTimeOffset? RenewAfter { get; init; }

    public DateTimeOffset? RenewBefore { get; init; }

    public required string CertificateFile { get; init; }

    /// <summary>Absent when the key is kept elsewhere (<c>--csr</c>).</summary>
    public string? KeyFile { get; init; }

    internal static PairReport Of(IssuedCertificate issued, string certificateFile, string? keyFile) => new()
    {
        DeviceId = issued.DeviceId,
        SerialNumber = issued.SerialNumber,
        NotBefore = issued.NotBefore,
        NotAfter = issued.NotAfter,
        RenewAfter = issued.RenewAfter,
        RenewBefore = issued.RenewBefore,
        CertificateFile = certificateFile,
        KeyFile = keyFile,
    };

    internal void Write(TextWriter output, string done)
    {
        output.WriteLine($"{DeviceId} {done}");
        Table.WriteFields(
            output,
            ("serial number", SerialNumber),
            ("valid", $"{Table.Time(NotBefore)} to {Table.Time(NotAfter)}"),
            ("renew", RenewAfter is null ? null : $"after {Table.Time(RenewAfter)}, before {Table.Time(RenewBefore)}"),
            ("certificate", CertificateFile),
            ("key", KeyFile));
    }
}
