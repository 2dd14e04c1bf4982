using System.Formats.Asn1;

namespace Provisioning.Core.Certificates.Lint;

/// <summary>Rules about the basic fields (RFC 5280 §4.1) and the public key (RFC 5480).</summary>
internal static class FieldRules
{
    private const int Version3 = 2;
    private const int MaxSerialOctets = 20;
    private static readonly DateTimeOffset Year2050 = new(2050, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal static IReadOnlyList<LintRule> All { get; } =
    [
        new("version-3", "RFC 5280 §4.1.2.1: when extensions are used, version MUST be 3", s => s.Tbs.Version == Version3),
        new("serial-positive", "RFC 5280 §4.1.2.2: the serial number MUST be a positive integer", SerialIsPositive),
        new("serial-length", "RFC 5280 §4.1.2.2: no serial numbers longer than 20 octets",
            s => s.Tbs.SerialNumber.Length <= MaxSerialOctets),
        new("issuer-not-empty", "RFC 5280 §4.1.2.4: the issuer field MUST contain a non-empty distinguished name",
            s => s.Tbs.Issuer.Length > 2),
        new("issuer-is-subject-of-issuer", "RFC 5280 §4.1.2.6: names match those of the issuing CA's subject",
            s => s.Tbs.Issuer.Span.SequenceEqual((s.Issuer?.SubjectName ?? s.Tbs.Subject).Span)),
        new("validity-order", "RFC 5280 §4.1.2.5: notBefore is the begin and notAfter the end of the period",
            s => s.Tbs.NotBefore < s.Tbs.NotAfter),
        new("not-before-encoding", "RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050",
            s => IsRightTime(s.Tbs.NotBeforeTag, s.Tbs.NotBefore)),
        new("not-after-encoding", "RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050",
            s => IsRightTime(s.Tbs.NotAfterTag, s.Tbs.NotAfter)),
        new("inside-issuer-validity", "RFC 5280 §6.1.3 (a)(2): every certificate of a path is valid at the time of interest",
            s => s.Issuer is not { } issuer
                || (s.Tbs.NotBefore >= issuer.Validity.NotBefore
                    && (s.Tbs.NotAfter <= issuer.Validity.NotAfter || (issuer.MayBeOutlived && s.Tbs.NotAfter == Validity.NoEnd)))),
        new("ca-subject-not-empty", "RFC 5280 §4.1.2.6: a CA's subject MUST be a non-empty distinguished name",
            s => !s.IsAuthority || s.HasSubject),
        new("end-of-time", "RFC 5280 §4.1.2.5: no well-defined expiration is 99991231235959Z, and no other time of that year",
            s => s.Tbs.NotAfter.Year < 9999 || s.Tbs.NotAfter == Validity.NoEnd),
        new("named-curve", "RFC 5480 §2.1.1: namedCurve; implicitCurve and specifiedCurve MUST NOT be used", UsesNamedCurve),
        new("uncompressed-point", "RFC 5480 §2.2: the uncompressed form MUST be supported, others may not be", UsesUncompressedPoint),
    ];

    private static bool SerialIsPositive(LintSubject subject)
    {
        var octets = subject.Tbs.SerialNumber.Span;
        return (octets[0] & 0x80) == 0 && octets.ContainsAnyExcept((byte)0);
    }

    private static bool IsRightTime(Asn1Tag tag, DateTimeOffset time) =>
        tag == (time < Year2050 ? Asn1Tag.UtcTime : Asn1Tag.GeneralizedTime);

    private static bool UsesNamedCurve(LintSubject subject)
    {
        if (!subject.IsEc) return true;
        var algorithm = new AsnReader(subject.Tbs.SubjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        _ = algorithm.ReadObjectIdentifier();
        return algorithm.PeekTag() == Asn1Tag.ObjectIdentifier;
    }

    private static bool UsesUncompressedPoint(LintSubject subject)
    {
        if (!subject.IsEc) return true;
        var key = new AsnReader(subject.Tbs.SubjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence();
        _ = key.ReadEncodedValue();
        return key.TryReadPrimitiveBitString(out _, out var point) && point.Span[0] == 0x04;
    }
}
