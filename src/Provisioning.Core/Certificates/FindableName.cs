namespace Provisioning.Core.Certificates;

/// <summary>A host name, an address or a URI in a certificate, by which relying parties find its holder.</summary>
/// <param name="Text">The name with its kind: <c>dns:</c>, <c>ip:</c> or <c>uri:</c>.</param>
/// <param name="IsShared">Several holders may have it at once; but nobody has one of the service's.</param>
public readonly record struct FindableName(string Text, bool IsShared);
