using System.Formats.Asn1;

namespace Provisioning.Core.Certificates;

/// <summary>A validity period in whole seconds, both ends included (RFC 5280 §4.1.2.5).</summary>
/// <param name="NotBefore">The first second.</param>
/// <param name="NotAfter">The last second.</param>
public readonly record struct Validity(DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>From 2050 on, times are GeneralizedTime (RFC 5280 §4.1.2.5).</summary>
    private const int FirstGeneralizedYear = 2050;

    /// <summary>The notAfter of a certificate without a well-defined end, 99991231235959Z (RFC 5280 §4.1.2.5).</summary>
    public static DateTimeOffset NoEnd { get; } = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    /// <summary>The period of a new certificate: backdated, and inside its issuer's unless the profile says otherwise.</summary>
    /// <param name="now">The time of issue.</param>
    /// <param name="profile">Says how long.</param>
    /// <param name="issuer">The issuer's own period, or null for a root.</param>
    /// <returns>The period.</returns>
    public static Validity For(DateTimeOffset now, Profile profile, Validity? issuer)
    {
        var notBefore = WholeSeconds(now - profile.Backdating);
        var notAfter = profile.Lifetime is { } lifetime ? WholeSeconds(now + lifetime) : NoEnd;
        return issuer is { } bounds
            ? new Validity(
                notBefore < bounds.NotBefore ? bounds.NotBefore : notBefore,
                notAfter > bounds.NotAfter && !profile.OutlivesIssuer ? bounds.NotAfter : notAfter)
            : new Validity(notBefore, notAfter);
    }

    /// <summary>Writes a time as RFC 5280 §4.1.2.5 wants it.</summary>
    internal static void WriteTime(AsnWriter writer, DateTimeOffset time)
    {
        if (time.Year < FirstGeneralizedYear) writer.WriteUtcTime(time);
        else writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
