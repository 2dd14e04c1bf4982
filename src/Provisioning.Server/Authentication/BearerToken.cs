using Microsoft.Extensions.Primitives;

namespace Provisioning.Server.Authentication;

/// <summary>Takes the token out of the Authorization header (RFC 6750 §2.1).</summary>
internal static class BearerToken
{
    private const string Scheme = "Bearer";

    /// <summary>Reads the header. Whatever claims to be a bearer token counts as one, however malformed: none is ever passed over.</summary>
    /// <param name="authorization">The header's values.</param>
    /// <returns>What stands behind <c>Bearer</c>, empty when that is not one token; null where the header has nothing of it.</returns>
    internal static string? Read(StringValues authorization)
    {
        if (!authorization.Any(IsBearer)) return null;
        return authorization is [{ } only] && only.Length > Scheme.Length ? only[(Scheme.Length + 1)..] : "";
    }

    private static bool IsBearer(string? value) =>
        value is not null
        && value.AsSpan().TrimStart().StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && (value.AsSpan().Trim().Length == Scheme.Length || !char.IsAsciiLetterOrDigit(value.AsSpan().TrimStart()[Scheme.Length]));
}
