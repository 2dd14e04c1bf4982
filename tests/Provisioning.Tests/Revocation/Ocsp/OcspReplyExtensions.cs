namespace Provisioning.Tests.Revocation.Ocsp;

/// <summary>What tests compare.</summary>
internal static class OcspReplyExtensions
{
    internal static (int Kind, int? Reason) Reading(this OcspReply.Single single) => (single.Kind, single.Reason);
}
