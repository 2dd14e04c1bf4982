using Provisioning.Core.Certificates;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// May this device renew now? Whether its certificate and it are still good when the next one is signed is decided in the reserve
/// transaction.
/// </summary>
internal static class RenewalRules
{
    /// <summary>The rule about the next key, once it is known.</summary>
    /// <returns>The refusal, or null.</returns>
    internal static Refusal? CheckKey(RenewalCase renewal, SubjectPublicKey next)
    {
        if (renewal.Caller.Shown is not { } shown) return null;
        return (renewal.Group.Definition.Renewal.Rekey, next.Thumbprint == shown.KeyThumbprint) switch
        {
            (Rekey.Required, true) => new Refusal(RefusalCode.NewKeyRequired, "The group wants a new key with every renewal."),
            (Rekey.Forbidden, false) => new Refusal(
                RefusalCode.NewKeyNotAllowed, "The group's devices keep their key: renew with the key of the certificate that you show."),
            _ => null,
        };
    }

    /// <summary>Asks whether an administrator must let it happen: after the end, where the group says so.</summary>
    internal static bool NeedsApproval(RenewalCase renewal) =>
        renewal.Caller.IsExpired && renewal.Group.Definition.Renewal.GraceApproval == Approval.Manual;

    /// <summary>The rule about time. A renewal that was answered before is answered again whenever it is asked for.</summary>
    /// <returns>The refusal of anything new, or null.</returns>
    internal static Refusal? CheckWindow(RenewalCase renewal)
    {
        if (renewal.Window is not { } window || renewal.Now >= window.After || renewal.Group.Definition.Renewal.Early == EarlyRenewal.Allowed)
            return null;
        return new Refusal(RefusalCode.RenewalTooEarly, $"The certificate is to be renewed from {window.After:O} on; it is now {renewal.Now:O}.")
        {
            RetryAfter = window.After - renewal.Now,
        };
    }
}
