using System.Security.Cryptography;

namespace Provisioning.Core.Certificates.KeyChecks;

/// <summary>One of the curves of RFC 5480 §2.1.1.1 that are accepted, by its name only.</summary>
internal sealed class NamedCurve
{
    private NamedCurve(KeyAlgorithm algorithm, string name, string oid, string header, string prime, string order)
    {
        Algorithm = algorithm;
        Identifier = new Oid(name);
        EncodedOid = Convert.FromHexString(oid);
        Header = Convert.FromHexString(header + oid + "03" + BitStringHeader(prime.Length / 2));
        Prime = Convert.FromHexString(prime);
        Order = Convert.FromHexString(order);
    }

    public static NamedCurve P256 { get; } = new(
        KeyAlgorithm.P256, "1.2.840.10045.3.1.7", "06082A8648CE3D030107", "3059301306072A8648CE3D0201",
        "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF",
        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    public static NamedCurve P384 { get; } = new(
        KeyAlgorithm.P384, "1.3.132.0.34", "06052B81040022", "3076301006072A8648CE3D0201",
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF",
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973");

    public static NamedCurve P521 { get; } = new(
        KeyAlgorithm.P521, "1.3.132.0.35", "06052B81040023", "30819B301006072A8648CE3D0201",
        "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        + "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        + "FA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409");

    public static IReadOnlyList<NamedCurve> All { get; } = [P256, P384, P521];

    public KeyAlgorithm Algorithm { get; }

    /// <summary>The object identifier.</summary>
    public Oid Identifier { get; }

    /// <summary>The encoded object identifier.</summary>
    public byte[] EncodedOid { get; }

    /// <summary>All of a SubjectPublicKeyInfo that stands before the point.</summary>
    public byte[] Header { get; }

    /// <summary>The prime of the field, which each coordinate is below.</summary>
    public byte[] Prime { get; }

    /// <summary>The order of the base point, which r and s of a signature are below.</summary>
    public byte[] Order { get; }

    public static NamedCurve Of(KeyAlgorithm algorithm) => All.Single(curve => curve.Algorithm == algorithm);

    // Length of the BIT STRING: the octet of unused bits, 04, and two coordinates.
    private static string BitStringHeader(int size)
    {
        var length = 2 + (2 * size);
        return (length < 0x80 ? "" : "81") + length.ToString("X2") + "00";
    }
}
