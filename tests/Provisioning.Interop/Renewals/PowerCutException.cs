namespace Provisioning.Interop.Renewals;

/// <summary>The device has lost power: nothing that it has not stored is there any more.</summary>
internal sealed class PowerCutException : Exception;
