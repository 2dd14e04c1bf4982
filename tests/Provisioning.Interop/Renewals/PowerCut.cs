namespace Provisioning.Interop.Renewals;

/// <summary>The places of a renewal at which a device may lose power.</summary>
internal enum PowerCut
{
    /// <summary>It does not.</summary>
    Never,

    /// <summary>The next key is stored, nothing was sent.</summary>
    BeforeSending,

    /// <summary>The request is under way, or was answered; nothing was read.</summary>
    AfterSending,

    /// <summary>The answer was read, and is not stored.</summary>
    BeforeStoring,

    /// <summary>The next certificate is stored, and was never shown.</summary>
    BeforeConfirming,

    /// <summary>The next certificate was shown, and the device would still start with the one before.</summary>
    BeforeSwitching,
}
