using System.Security.Cryptography;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Whether a certification request was made for the TLS session that it came over (RFC 7030 §3.5): its challengePassword is tls-unique in base64,
/// which nobody else's session has, so that who signed the request is who is authenticated.
/// </summary>
internal static class ChannelRules
{
    /// <summary>Judges a request.</summary>
    /// <param name="password">Its challengePassword, or null.</param>
    /// <param name="linking">What the group demands.</param>
    /// <param name="binding">The tls-unique of the session, or null where there is none.</param>
    /// <returns>The refusal, or null.</returns>
    internal static Refusal? Check(string? password, Linking linking, ReadOnlyMemory<byte>? binding)
    {
        if (binding is not { } unique)
        {
            return linking == Linking.Optional ? null : Refuse(
                "The group wants requests that are bound to their TLS session, and this session has no tls-unique. Use EST over TLS 1.2.");
        }

        Span<byte> sent = stackalloc byte[256];
        var isBinding = Convert.TryFromBase64String(password ?? "", sent, out var length) && length == unique.Length;

        // What cannot be one is something else, such as a password of a toolkit's form.
        if (!isBinding)
        {
            return linking == Linking.Optional ? null : Refuse(
                "The group wants requests that are bound to their TLS session: put tls-unique (RFC 5929 §3) in base64 into challengePassword.");
        }

        return CryptographicOperations.FixedTimeEquals(sent[..length], unique.Span)
            ? null
            : Refuse("The request is bound to another TLS session than the one that it came over.");
    }

    private static Refusal Refuse(string detail) => new(RefusalCode.ChannelBinding, detail);
}
