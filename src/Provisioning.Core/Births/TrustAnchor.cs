using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Births;

/// <summary>A manufacturer whose birth certificates are honored. Immutable and sound.</summary>
public sealed record TrustAnchor
{
    private const int MaxIntermediates = 8;

    private TrustAnchor()
    {
    }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>As it was written down.</summary>
    public required TrustAnchorDefinition Definition { get; init; }

    /// <summary>The anchor and the authorities below it.</summary>
    public required IReadOnlyList<BirthIssuer> Issuers { get; init; }

    /// <summary>What the serial number must match.</summary>
    public required IdPattern SerialNumberPattern { get; init; }

    /// <summary>Counts the changes, those of CRLs too.</summary>
    public long Revision { get; init; }

    /// <summary>When it was registered.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    public string CreatedBy { get; init; } = "";

    /// <summary>When it was withdrawn, for ever; or null.</summary>
    public DateTimeOffset? WithdrawnAt { get; init; }

    /// <summary>Judges a definition by itself.</summary>
    /// <param name="name">The anchor's name.</param>
    /// <param name="definition">What was written down.</param>
    /// <returns>The anchor; or <see cref="RefusalCode.BadCredential"/> with the field that is wrong.</returns>
    public static Outcome<TrustAnchor> Create(string name, TrustAnchorDefinition definition)
    {
        if (!ResourceName.IsValid(name)) return new Refusal(RefusalCode.BadName, ResourceName.Rule) { Field = "/name" };
        if (!IdPattern.TryParse(definition.SerialNumberPattern, out var pattern, out var problem)) return Bad("serialNumberPattern", problem);
        if (!definition.DeviceId.Contains(TrustAnchorDefinition.SerialNumber, StringComparison.Ordinal) || Expand(definition, "0") is null)
            return Bad("deviceId", $"A device ID is made of {TrustAnchorDefinition.SerialNumber} and A-Z a-z 0-9 . _ - :");
        return Build(name, definition, pattern);
    }

    /// <summary>Takes an anchor that was judged when it was put on record; only its certificates are read again.</summary>
    /// <param name="name">The anchor's name.</param>
    /// <param name="definition">What is on record.</param>
    /// <returns>The anchor; or <see cref="RefusalCode.BadCredential"/> when its certificates cannot be used any more.</returns>
    public static Outcome<TrustAnchor> OnRecord(string name, TrustAnchorDefinition definition) =>
        Build(name, definition, IdPattern.OnRecord(definition.SerialNumberPattern));

    /// <summary>The device that a serial number names.</summary>
    /// <param name="serial">The serial number, or null.</param>
    /// <returns>The ID; or null when the anchor's pattern does not cover the serial number, or it makes no device ID.</returns>
    public DeviceId? DeviceOf(string? serial) =>
        serial is not null && SerialNumberPattern.IsMatch(serial) ? Expand(Definition, serial) : null;

    /// <summary>The same with the CRL of one of its authorities, and of what is below that as it was.</summary>
    /// <param name="issuer">The authority's <see cref="BirthIssuer.Identity"/>.</param>
    /// <param name="crl">The CRL.</param>
    /// <returns>The anchor.</returns>
    public TrustAnchor WithCrl(Digest issuer, ManufacturerCrl crl)
    {
        // Rebuilt from the top, because each one holds the one above it.
        var rebuilt = new Dictionary<Digest, BirthIssuer>();
        foreach (var one in Issuers)
        {
            rebuilt[one.KeyThumbprint] = one with
            {
                Crl = one.Identity == issuer ? crl : one.Crl,
                Above = one.Above is { } above ? rebuilt[above.KeyThumbprint] : null,
            };
        }

        return this with { Issuers = [.. rebuilt.Values] };
    }

    internal static bool IsIssuedBy(ForeignCertificate certificate, BirthIssuer issuer) =>
        certificate.Issuer.Span.SequenceEqual(issuer.Certificate.Subject.Span)
        && issuer.HasSigned(certificate.Algorithm, certificate.Tbs.Span, certificate.Signature.Span);

    private static Outcome<TrustAnchor> Build(string name, TrustAnchorDefinition definition, IdPattern pattern)
    {
        if (!TryReadAuthority(definition.Certificate, out var anchor, out var problem)) return Bad("certificate", problem);
        if (definition.Intermediates.Count > MaxIntermediates) return Bad("intermediates", $"At most {MaxIntermediates} are kept.");
        var issuers = new List<BirthIssuer> { new BirthIssuer(anchor, null) };
        for (var i = 0; i < definition.Intermediates.Count; i++)
        {
            if (!TryReadAuthority(definition.Intermediates[i], out var below, out problem)) return Bad($"intermediates/{i}", problem);
            var above = issuers.FirstOrDefault(issuer => IsIssuedBy(below, issuer));
            if (above is null) return Bad($"intermediates/{i}", "It is not issued by the trust anchor or an authority before it in the list.");
            if (issuers.Any(issuer => issuer.KeyThumbprint == Digest.Of(below.SubjectPublicKeyInfo.Span)))
                return Bad($"intermediates/{i}", "An authority with this key is in the list already.");
            if (above.Remaining < 1) return Bad($"intermediates/{i}", "The path length of what is above it allows no authority here (RFC 5280 §4.2.1.9).");
            issuers.Add(new BirthIssuer(below, above));
        }

        return new TrustAnchor { Name = name, Definition = definition, Issuers = issuers, SerialNumberPattern = pattern };
    }

    private static DeviceId? Expand(TrustAnchorDefinition definition, string serial) => Devices.DeviceId.TryParse(
        definition.DeviceId.Replace(TrustAnchorDefinition.SerialNumber, serial, StringComparison.Ordinal), out var id) ? id : null;

    private static bool TryReadAuthority(
        ReadOnlyMemory<byte> der, [NotNullWhen(true)] out ForeignCertificate? certificate, [NotNullWhen(false)] out string? problem)
    {
        certificate = ForeignCertificateReader.TryRead(der);
        problem = certificate switch
        {
            null => "It is not a certificate of version 3 in strict DER.",
            { IsAuthority: false } => "It is not the certificate of an authority (RFC 5280 §4.2.1.9).",
            { KeyUsage: { } usage } when !usage.HasFlag(KeyUsages.KeyCertSign) => "Its key may not sign certificates (RFC 5280 §4.2.1.3).",
            { KeyUsage: null } => "It does not say that its key signs certificates (RFC 5280 §4.2.1.3).",
            { HasUnknownCritical: true } => "It has a critical extension that is not understood here, such as name constraints.",
            _ => SubjectPublicKeyReader.Read(certificate.SubjectPublicKeyInfo.Span, out _)?.Detail ?? CheckUsable(der),
        };
        return certificate is not null && problem is null;
    }

    // The platform puts a point to the test of its curve equation.
    private static string? CheckUsable(ReadOnlyMemory<byte> der)
    {
        try
        {
            using var verifier = new AuthorityVerifier(der);
            return null;
        }
        catch (CryptographicException)
        {
            return "Its key cannot be used.";
        }
    }

    private static Refusal Bad(string field, string detail) => new(RefusalCode.BadCredential, detail) { Field = "/" + field };
}
