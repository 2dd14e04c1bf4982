using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Text.Json;
using Provisioning.Cli.Options;

namespace Provisioning.Cli.Api;

/// <summary>
/// The REST API over mutual TLS. Repeats what failed for a while (no answer, 202, 429, 502, 503, 504) until the time is up: the same request
/// gets the same answer, or one that can be known for what it is. What must not be repeated is a <see cref="SingleRequest"/>.
/// </summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly Settings _settings;
    private readonly Action<string> _note;
    private readonly TimeProvider _time;

    private ApiClient(Settings settings, SslClientAuthenticationOptions tls, Action<string> note, TimeProvider time)
    {
        (_settings, _note, _time) = (settings, note, time);
        var handler = new SocketsHttpHandler { SslOptions = tls, AllowAutoRedirect = false, UseCookies = false };
        _http = new HttpClient(handler) { BaseAddress = settings.Url, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        var version = typeof(ApiClient).Assembly.GetName().Version!.ToString(3);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("provisioning-cli", version));
    }

    /// <summary>Opens a client that trusts only the CA of the settings, and shows their credential.</summary>
    internal static ApiClient Open(Settings settings, Action<string> note, TimeProvider time)
    {
        var ca = settings.CaFile ?? throw FailureException.Usage(
            "It is not known whom to trust. Give the service's root certificate with --ca FILE (or PROVISIONING_CA, or "
            + "--data DIR); 'provisioning ca --help' says how to get it.");
        var trust = TlsTrust.Policy(TlsTrust.ReadRoots(ca));
        var tls = new SslClientAuthenticationOptions { CertificateChainPolicy = trust };
        if (settings.Credential is { } credential) tls.ClientCertificateContext = TlsTrust.ReadCredential(credential);
        return new ApiClient(settings, tls, note, time);
    }

    /// <summary>Opens a client with options of its own for TLS.</summary>
    internal static ApiClient Open(
        Settings settings, SslClientAuthenticationOptions tls, Action<string> note, TimeProvider time) =>
        new(settings, tls, note, time);

    /// <summary>Reads something.</summary>
    internal Task<T> GetAsync<T>(string path, CancellationToken ct) =>
        SendAsync(Exchange.Json<T>(() => new HttpRequestMessage(HttpMethod.Get, path)), ct);

    /// <summary>Deletes something, and gets what is left of it.</summary>
    internal Task<T> DeleteAsync<T>(string path, CancellationToken ct) =>
        SendAsync(Exchange.Json<T>(() => new HttpRequestMessage(HttpMethod.Delete, path)), ct);

    /// <summary>Posts a body; the same one again when it has to be repeated.</summary>
    internal Task<T> PostAsync<TBody, T>(string path, TBody body, string? idempotencyKey, CancellationToken ct)
    {
        var json = ApiJson.Write(body);
        return SendAsync(
            Exchange.Json<T>(() =>
            {
                var request = Exchange.Request(HttpMethod.Post, path, json);
                if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
                return request;
            }),
            ct);
    }

    /// <summary>Gets something in a form that is not JSON.</summary>
    internal Task<byte[]> GetOctetsAsync(HttpMethod method, string path, string mediaType, CancellationToken ct) => SendAsync(
        new Exchange<byte[]>(
            _ => new HttpRequestMessage(method, path) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue(mediaType) } } },
            (response, _, stop) => response.Content.ReadAsByteArrayAsync(stop)),
        ct);

    /// <summary>Sends a request, again and again for as long as it may help.</summary>
    internal async Task<T> SendAsync<T>(Exchange<T> exchange, CancellationToken ct)
    {
        var patience = StartPatience();
        while (true)
        {
            var (answer, failure, retryAfter) = await TryAsync(exchange, patience, ct);
            if (failure is null) return answer!;
            await patience.WaitAsync(failure, retryAfter, ct);
        }
    }

    /// <summary>Sends a request once.</summary>
    /// <returns>The answer, or null when there was none to be had.</returns>
    internal async Task<T?> TryOnceAsync<T>(Exchange<T> exchange, CancellationToken ct) =>
        (await TryAsync(exchange, StartPatience(), ct)).Answer;

    /// <summary>As long as --timeout allows, from now on.</summary>
    internal Patience StartPatience() => new(_settings.Timeout, _settings.Pauses, _note, _time);

    public void Dispose() => _http.Dispose();

    /// <summary>Sends a request once.</summary>
    /// <returns>The answer; or why there is none, and when the service wants to be asked again.</returns>
    internal async Task<(T? Answer, FailureException? Failure, TimeSpan? RetryAfter)> TryAsync<T>(
        Exchange<T> exchange, Patience patience, CancellationToken ct)
    {
        using var pulse = new Pulse(exchange.IsStream ? Pulse.LongestSilence : patience.ForOneAttempt, patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(pulse.Stopped, ct);
        try
        {
            using var request = exchange.Make(pulse);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            if (response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.Accepted)
                return (await exchange.Read(response, pulse, both.Token), null, null);
            var body = await response.Content.ReadAsByteArrayAsync(both.Token);
            return (default, Failures.Read(response.StatusCode, body), RetryAfterOf(response));
        }
        catch (OperationCanceledException) when (pulse.Stopped.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // Ours, not the user's: nothing came for too long.
            return (default, Unreachable("did not answer in time"), null);
        }
        catch (HttpRequestException refused)
        {
            // Every way in which a connection fails to come about, or breaks.
            return (default, Explain(refused), null);
        }
        catch (FailureException failure)
        {
            // What the answer said further down, such as in its last line.
            return (default, failure, null);
        }
        catch (JsonException foreign)
        {
            return (default, NotUnderstood(foreign), null);
        }
    }

    private FailureException NotUnderstood(JsonException foreign) => new(
        ExitCode.Failed,
        "not-understood",
        $"{_settings.Url} does not answer as this service does: {foreign.Message}",
        foreign);

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
