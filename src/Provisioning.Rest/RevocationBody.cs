using Provisioning.Core.Revocation;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>Revokes a certificate or puts it on hold.</summary>
internal sealed record RevocationBody
{
    /// <summary>
    /// Why (RFC 5280 §5.3.1). <c>certificateHold</c> can be released; <c>keyCompromise</c> blocks the key for ever.
    /// </summary>
    /// <example>keyCompromise</example>
    [NamesOf(typeof(RevocationReason))]
    public required string Reason { get; init; }
}
