using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using Provisioning.Cli.Options;

namespace Provisioning.Cli.Api;

/// <summary>
/// The REST API over mutual TLS. Repeats what failed for a while (no answer, 429, 502, 503, 504) until the time is up:
/// every operation of the service may be repeated, because the same request gets the same answer.
/// </summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ShortestAttempt = TimeSpan.FromSeconds(1);
    private readonly HttpClient _http;
    private readonly Settings _settings;
    private readonly TextWriter _notes;
    private readonly TimeProvider _time;

    private ApiClient(Settings settings, SslClientAuthenticationOptions tls, TextWriter notes, TimeProvider time)
    {
        (_settings, _notes, _time) = (settings, notes, time);
        var handler = new SocketsHttpHandler { SslOptions = tls, AllowAutoRedirect = false, UseCookies = false };
        _http = new HttpClient(handler) { BaseAddress = settings.Url, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        var version = typeof(ApiClient).Assembly.GetName().Version!.ToString(3);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("provisioning-cli", version));
    }

    /// <summary>Opens a client that trusts only the CA of the settings, and shows their credential.</summary>
    internal static ApiClient Open(Settings settings, TextWriter notes, TimeProvider time)
    {
        var ca = settings.CaFile ?? throw FailureException.Usage(
            "It is not known whom to trust. Give the service's root certificate with --ca FILE (or PROVISIONING_CA, or "
            + "--data DIR); 'provisioning ca --help' says how to get it.");
        var trust = TlsTrust.Policy(TlsTrust.ReadRoots(ca));
        var tls = new SslClientAuthenticationOptions { CertificateChainPolicy = trust };
        if (settings.Credential is { } credential) tls.ClientCertificateContext = TlsTrust.ReadCredential(credential);
        return new ApiClient(settings, tls, notes, time);
    }

    /// <summary>Opens a client with options of its own for TLS.</summary>
    internal static ApiClient Open(
        Settings settings, SslClientAuthenticationOptions tls, TextWriter notes, TimeProvider time) =>
        new(settings, tls, notes, time);

    /// <summary>Reads something.</summary>
    internal Task<T> GetAsync<T>(string path, CancellationToken ct) =>
        SendAsync<T>(() => new HttpRequestMessage(HttpMethod.Get, path), ct);

    /// <summary>Deletes something, and gets what is left of it.</summary>
    internal Task<T> DeleteAsync<T>(string path, CancellationToken ct) =>
        SendAsync<T>(() => new HttpRequestMessage(HttpMethod.Delete, path), ct);

    /// <summary>Posts a body; the same one again when it has to be repeated.</summary>
    internal Task<T> PostAsync<TBody, T>(string path, TBody body, string? idempotencyKey, CancellationToken ct)
    {
        var json = ApiJson.Write(body);
        return SendAsync<T>(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, path)
                {
                    Content = new StringContent(json, Encoding.UTF8, "application/json"),
                };
                if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
                return request;
            },
            ct);
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(Func<HttpRequestMessage> make, CancellationToken ct)
    {
        var startedAt = _time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var left = _settings.Timeout - _time.GetElapsedTime(startedAt);
            var (answer, failure, retryAfter) = await TryAsync<T>(make, left, ct);
            if (failure is null) return answer!;
            if (failure.ExitCode != ExitCode.Unavailable) throw failure;
            var wait = BackOff.After(attempt, retryAfter);
            if (_time.GetElapsedTime(startedAt) + wait >= _settings.Timeout) throw failure;
            if (!_settings.Quiet)
            {
                await _notes.WriteLineAsync(
                    $"{failure.Code}: {failure.Message} Trying again in {wait.TotalSeconds:0.0} s.");
            }

            await Task.Delay(wait, _time, ct);
        }
    }

    private async Task<(T? Answer, FailureException? Failure, TimeSpan? RetryAfter)> TryAsync<T>(
        Func<HttpRequestMessage> make, TimeSpan left, CancellationToken ct)
    {
        var time = TimeSpan.FromTicks(Math.Clamp(left.Ticks, ShortestAttempt.Ticks, LongestAttempt.Ticks));
        using var patience = new CancellationTokenSource(time, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        try
        {
            using var request = make();
            using var response = await _http.SendAsync(request, both.Token);
            var body = await response.Content.ReadAsByteArrayAsync(both.Token);
            return response.IsSuccessStatusCode
                ? (JsonSerializer.Deserialize(body, ApiJson.TypeOf<T>()), null, null)
                : (default, Failures.Read(response.StatusCode, body), RetryAfterOf(response));
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // Ours, not the user's: the attempt took too long.
            return (default, Unreachable("did not answer in time"), null);
        }
        catch (HttpRequestException refused)
        {
            // Every way in which a connection fails to come about, or breaks.
            return (default, Explain(refused), null);
        }
        catch (JsonException foreign)
        {
            throw new FailureException(
                ExitCode.Failed,
                "not-understood",
                $"{_settings.Url} does not answer as this service does: {foreign.Message}",
                foreign);
        }
    }

    private FailureException Explain(HttpRequestException refused) => refused switch
    {
        { InnerException: AuthenticationException reason } => new FailureException(
            ExitCode.Failed,
            "server-not-trusted",
            $"The certificate of {_settings.Url.Host} is not vouched for by {_settings.CaFile ?? "its root"}, or is "
            + $"for another name, so nothing was sent. Check --ca and --url. ({reason.Message})",
            refused),
        { HttpRequestError: HttpRequestError.NameResolutionError } => Unreachable("is not a known name"),
        { HttpRequestError: HttpRequestError.ConnectionError } => Unreachable("cannot be reached"),
        _ => Unreachable("broke off: " + (refused.InnerException ?? refused).Message),
    };

    private FailureException Unreachable(string what) => new(
        ExitCode.Unavailable,
        "unreachable",
        $"{_settings.Url.Authority} {what}. Check --url and that the service runs.");

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow() is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };
}
