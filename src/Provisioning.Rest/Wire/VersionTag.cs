using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest.Wire;

/// <summary>The version of a definition as an entity tag (RFC 9110 §8.8.3), so that two administrators do not overwrite each other.</summary>
internal static class VersionTag
{
    /// <summary>Tells the version of what is answered.</summary>
    internal static void Set(HttpResponse response, long version) => response.Headers.ETag = $"\"{version}\"";

    /// <summary>Reads which version a change was made from.</summary>
    /// <returns>
    /// If-Match: that version; If-None-Match: *: 0, for nothing yet; neither: null, for whichever there is. Or the problem.
    /// </returns>
    internal static Checked<long?> ReadExpected(HttpRequest request)
    {
        var (match, none) = (request.Headers.IfMatch, request.Headers.IfNoneMatch);
        if (StringValues.IsNullOrEmpty(match)) return none == "*" ? 0L : (long?)null;
        const NumberStyles Digits = NumberStyles.None;
        return match is [['"', .. var version, '"']] && long.TryParse(version, Digits, CultureInfo.InvariantCulture, out var number)
            ? number
            : RestErrors.Of(new Refusal(
                RefusalCode.VersionMismatch, "Give If-Match the ETag that a read has given, such as \"3\", or leave it out."));
    }
}
