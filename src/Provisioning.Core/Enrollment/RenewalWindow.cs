namespace Provisioning.Core.Enrollment;

/// <summary>When a certificate should be renewed, in whole seconds.</summary>
/// <param name="After">Not worth asking before.</param>
/// <param name="Before">Should have happened by then.</param>
public readonly record struct RenewalWindow(DateTimeOffset After, DateTimeOffset Before);
