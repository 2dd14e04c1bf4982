namespace Provisioning.Core.Certificates;

/// <summary>The object identifiers that certificates of this service use, in one place.</summary>
internal static class Oids
{
    internal const string CommonName = "2.5.4.3";
    internal const string SubjectKeyIdentifier = "2.5.29.14";
    internal const string KeyUsage = "2.5.29.15";
    internal const string SubjectAltName = "2.5.29.17";
    internal const string BasicConstraints = "2.5.29.19";
    internal const string CrlDistributionPoints = "2.5.29.31";
    internal const string AuthorityKeyIdentifier = "2.5.29.35";
    internal const string ExtendedKeyUsage = "2.5.29.37";
    internal const string AuthorityInfoAccess = "1.3.6.1.5.5.7.1.1";
    internal const string CaIssuers = "1.3.6.1.5.5.7.48.2";
    internal const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    internal const string DocumentSigning = "1.3.6.1.5.5.7.3.36";
    internal const string PermanentIdentifier = "1.3.6.1.5.5.7.8.3";
}
