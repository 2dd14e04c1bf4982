namespace Provisioning.Core.Certificates;

/// <summary>The object identifiers that certificates of this service use, in one place.</summary>
internal static class Oids
{
    internal const string CommonName = "2.5.4.3";
    internal const string SerialNumberAttribute = "2.5.4.5";
    internal const string Country = "2.5.4.6";
    internal const string Locality = "2.5.4.7";
    internal const string Organization = "2.5.4.10";
    internal const string OrganizationalUnit = "2.5.4.11";
    internal const string SubjectKeyIdentifier = "2.5.29.14";
    internal const string KeyUsage = "2.5.29.15";
    internal const string SubjectAltName = "2.5.29.17";
    internal const string BasicConstraints = "2.5.29.19";
    internal const string CrlDistributionPoints = "2.5.29.31";
    internal const string CertificatePolicies = "2.5.29.32";
    internal const string AuthorityKeyIdentifier = "2.5.29.35";
    internal const string ExtendedKeyUsage = "2.5.29.37";
    internal const string AnyExtendedKeyUsage = "2.5.29.37.0";
    internal const string AuthorityInfoAccess = "1.3.6.1.5.5.7.1.1";
    internal const string CaIssuers = "1.3.6.1.5.5.7.48.2";
    internal const string CpsQualifier = "1.3.6.1.5.5.7.2.1";
    internal const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    internal const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    internal const string CodeSigning = "1.3.6.1.5.5.7.3.3";
    internal const string EmailProtection = "1.3.6.1.5.5.7.3.4";
    internal const string TimeStamping = "1.3.6.1.5.5.7.3.8";
    internal const string OcspSigning = "1.3.6.1.5.5.7.3.9";
    internal const string OcspNoCheck = "1.3.6.1.5.5.7.48.1.5";
    internal const string Ocsp = "1.3.6.1.5.5.7.48.1";
    internal const string EapOverPpp = "1.3.6.1.5.5.7.3.13";
    internal const string EapOverLan = "1.3.6.1.5.5.7.3.14";
    internal const string IpsecIke = "1.3.6.1.5.5.7.3.17";
    internal const string DocumentSigning = "1.3.6.1.5.5.7.3.36";
    internal const string PermanentIdentifier = "1.3.6.1.5.5.7.8.3";
    internal const string HardwareModuleName = "1.3.6.1.5.5.7.8.4";
}
