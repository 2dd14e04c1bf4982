namespace Provisioning.Core.Certificates.Naming;

/// <summary>The kinds of alternative name that a profile can give.</summary>
internal enum NameKind
{
    Dns,
    Ip,
    Uri,
    PermanentIdentifier,
    HardwareModuleName,
}
