using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Provisioning.Rest.Wire;

/// <summary>The forms of an answer.</summary>
internal enum AnswerForm
{
    /// <summary><see cref="MediaTypes.Json"/>; the default.</summary>
    Json,

    /// <summary><see cref="MediaTypes.Certificate"/>.</summary>
    Der,

    /// <summary><see cref="MediaTypes.Chain"/>.</summary>
    Chain,

    /// <summary><see cref="MediaTypes.Jose"/>.</summary>
    Jose,

    /// <summary><see cref="MediaTypes.Lines"/>.</summary>
    Lines,

    /// <summary><see cref="MediaTypes.Csv"/>.</summary>
    Csv,

    /// <summary><see cref="MediaTypes.Events"/>.</summary>
    Events,

    /// <summary><see cref="MediaTypes.Text"/>.</summary>
    Text,

    /// <summary><see cref="MediaTypes.Png"/>.</summary>
    Png,
}

/// <summary>
/// Chooses the form by the Accept header (RFC 9110 §12.5.1), before anything is done: a 406 must not leave a
/// certificate.
/// </summary>
internal static class AnswerForms
{
    private const StringComparison IgnoreCase = StringComparison.OrdinalIgnoreCase;

    private static readonly (AnswerForm Form, string MediaType)[] WithCertificate =
    [
        (AnswerForm.Json, MediaTypes.Json),
        (AnswerForm.Der, MediaTypes.Certificate),
        (AnswerForm.Chain, MediaTypes.Chain),
    ];

    private static readonly (AnswerForm Form, string MediaType)[] WithSignature =
    [
        (AnswerForm.Jose, MediaTypes.Jose),
        (AnswerForm.Json, MediaTypes.Json),
    ];

    private static readonly (AnswerForm Form, string MediaType)[] OnlyLines = [(AnswerForm.Lines, MediaTypes.Lines)];

    /// <summary>For answers that are a signed document: as it was signed, or what it says.</summary>
    internal static Checked<AnswerForm> ChooseSigned(HttpRequest request) => Choose(request, WithSignature);

    /// <summary>For answers that are only lines.</summary>
    /// <returns>The problem, or null when there is none.</returns>
    internal static Problem? CheckLines(HttpRequest request) =>
        Choose(request, OnlyLines).TryGet(out _, out var problem) ? null : problem;

    /// <summary>The same for comma-separated values.</summary>
    internal static Problem? CheckCsv(HttpRequest request) =>
        Choose(request, [(AnswerForm.Csv, MediaTypes.Csv)]).TryGet(out _, out var problem) ? null : problem;

    /// <summary>The same for server-sent events.</summary>
    internal static Problem? CheckEvents(HttpRequest request) =>
        Choose(request, [(AnswerForm.Events, MediaTypes.Events)]).TryGet(out _, out var problem) ? null : problem;

    private static readonly (AnswerForm Form, string MediaType)[] WithToken =
    [
        (AnswerForm.Json, MediaTypes.Json),
        (AnswerForm.Text, MediaTypes.Text),
        (AnswerForm.Png, MediaTypes.Png),
    ];

    /// <summary>For answers that are new tokens.</summary>
    internal static Checked<AnswerForm> ChooseForToken(HttpRequest request) => Choose(request, WithToken);

    /// <summary>For answers that are a certificate.</summary>
    internal static Checked<AnswerForm> Choose(HttpRequest request) => Choose(request, WithCertificate);

    /// <summary>For answers that are only JSON.</summary>
    /// <returns>The problem, or null when there is none.</returns>
    internal static Problem? CheckJson(HttpRequest request) =>
        Choose(request, WithCertificate.AsSpan(0, 1)).TryGet(out _, out var problem) ? null : problem;

    private static Checked<AnswerForm> Choose(
        HttpRequest request, ReadOnlySpan<(AnswerForm Form, string MediaType)> offered)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0) return offered[0].Form;
        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges)) return NotAcceptable(offered);

        (AnswerForm Form, double Quality) best = (default, 0);
        foreach (var (form, mediaType) in offered)
        {
            var quality = QualityOf(mediaType, ranges);
            if (quality > best.Quality) best = (form, quality);
        }

        return best.Quality > 0 ? best.Form : NotAcceptable(offered);
    }

    // The most specific range decides: "*/*;q=0.1, application/json;q=0" does not accept JSON.
    private static double QualityOf(string mediaType, IEnumerable<MediaTypeHeaderValue> ranges)
    {
        var (specificity, quality) = (-1, 0d);
        foreach (var range in ranges)
        {
            var fits = range.MatchesAllTypes ? 0
                : range.MatchesAllSubTypes && mediaType.StartsWith(range.Type + "/", IgnoreCase) ? 1
                : range.MediaType.Equals(mediaType, IgnoreCase) ? 2
                : -1;
            if (fits > specificity) (specificity, quality) = (fits, range.Quality ?? 1);
        }

        return quality;
    }

    private static Problem NotAcceptable(ReadOnlySpan<(AnswerForm Form, string MediaType)> offered)
    {
        var types = new List<string>();
        foreach (var (_, mediaType) in offered) types.Add(mediaType);
        var kind = RestErrors.KindOf(StatusCodes.Status406NotAcceptable);
        return new Problem(kind, $"This resource is given as: {string.Join(", ", types)}.");
    }
}
