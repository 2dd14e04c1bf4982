using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest.Wire;

/// <summary>
/// Which version of a resource a change is meant for (RFC 9110 §13.1). The entity tag of a resource with versions is the number of the
/// version.
/// </summary>
/// <param name="Expected">The version, 0 for none; null for any.</param>
/// <param name="IsSaid">False when the request says nothing about it.</param>
internal readonly record struct Precondition(long? Expected, bool IsSaid = true)
{
    /// <summary>The answer to a change that does not say which version it is meant for.</summary>
    internal static Problem Missing { get; } = RestErrors.Of(new Refusal(
        RefusalCode.PreconditionRequired,
        "Send If-Match with the ETag of the version that you have read, or If-None-Match: * to create."));

    /// <summary>Reads If-Match or If-None-Match, of which a change must say one.</summary>
    internal static Checked<Precondition> Require(HttpRequest request) =>
        request.Headers.IfMatch.Count == 0 && request.Headers.IfNoneMatch.Count == 0 ? Missing : Read(request);

    /// <summary>Reads If-Match or If-None-Match; without them, only something new is meant.</summary>
    internal static Checked<Precondition> ReadOrCreate(HttpRequest request) =>
        request.Headers.IfMatch.Count == 0 && request.Headers.IfNoneMatch.Count == 0 ? new Precondition(0, IsSaid: false) : Read(request);

    /// <summary>Reads If-Match or If-None-Match; without them, any version is meant.</summary>
    internal static Checked<Precondition> Read(HttpRequest request)
    {
        var (match, none) = (request.Headers.IfMatch, request.Headers.IfNoneMatch);
        if (match.Count + none.Count == 0) return new Precondition(null, IsSaid: false);
        if (match.Count + none.Count == 1)
        {
            if (none.Count == 1 && none[0] == "*") return new Precondition(0);
            if (match.Count == 1 && match[0] == "*") return new Precondition(null);
            if (match.Count == 1 && EntityTagHeaderValue.TryParse(match[0], out var tag) && !tag.IsWeak
                && long.TryParse(HeaderUtilities.RemoveQuotes(tag.Tag), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                && version > 0)
            {
                return new Precondition(version);
            }
        }

        return RestErrors.Of(new Refusal(
            RefusalCode.PreconditionFailed, "Send one If-Match with the ETag of one version, such as \"3\", or If-None-Match: *."));
    }

    /// <summary>Tells the version.</summary>
    internal static void SetTag(HttpResponse response, long version) =>
        response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");
}
