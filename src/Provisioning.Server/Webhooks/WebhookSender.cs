using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Webhooks;

namespace Provisioning.Server.Webhooks;

/// <summary>
/// Posts messages. What an attacker could make of it is bounded here: it connects to the very address that was judged, follows nothing, goes
/// through no proxy, and reads no more of an answer than its status.
/// </summary>
internal sealed class WebhookSender : IWebhookSender, IDisposable
{
    private readonly WebhookTargets _targets;
    private readonly WebhookSecrets _secrets;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly HttpMessageInvoker _client;

    public WebhookSender(WebhookTargets targets, WebhookSecrets secrets, WebhookOptions options, WebhookTrust trust, TimeProvider time)
    {
        (_targets, _secrets, _time, _timeout) = (targets, secrets, time, options.Timeout);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            Credentials = null,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 4096,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = ConnectAsync,
            SslOptions = { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, CertificateChainPolicy = trust.Policy },
        };
        _client = new HttpMessageInvoker(handler);
    }

    public async Task<WebhookAnswer> SendAsync(Webhook webhook, string message, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var begun = _time.GetTimestamp();
        if (_targets.FindProblem(webhook.Definition.Url) is { } problem) return Failed(problem);
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        using var request = NewRequest(webhook, message, body);
        try
        {
            using var response = await _client.SendAsync(request, either.Token);
            return new WebhookAnswer(
                (int)response.StatusCode, response.IsSuccessStatusCode ? null : "The receiver did not take it.", _time.GetElapsedTime(begun))
            {
                RetryAfter = response.Headers.RetryAfter is { } later ? later.Delta ?? (later.Date - _time.GetUtcNow()) : null,
            };
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Failed("The receiver did not answer in time.");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            return Failed(WordsFor(failure));
        }

        WebhookAnswer Failed(string why) => new(null, why, _time.GetElapsedTime(begun));
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage NewRequest(Webhook webhook, string message, ReadOnlyMemory<byte> body)
    {
        var now = _time.GetUtcNow();
        var timestamp = now.ToUnixTimeSeconds();
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json") { CharSet = "utf-8" };
        return new HttpRequestMessage(HttpMethod.Post, webhook.Definition.Url)
        {
            Version = HttpVersion.Version11,
            Content = content,
            Headers =
            {
                { "User-Agent", "Provisioning" },
                { "webhook-id", message },
                { "webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture) },
                { "webhook-signature", _secrets.Sign(webhook, message, timestamp, body.Span, now) },
            },
        };
    }

    // What is judged is what is connected to: between the two, a name could lead elsewhere.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var host = WebhookTargets.HostOf(context.InitialRequestMessage.RequestUri!);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, ct);
        var allowed = addresses.Where(address => _targets.Allows(host, address)).ToArray();
        if (allowed.Length == 0) throw new WebhookTargetException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // A few fixed sentences: what the network says in detail is for the log of the receiver, and would tell a stranger what there is here.
    private static string WordsFor(Exception failure) => failure switch
    {
        WebhookTargetException or { InnerException: WebhookTargetException } => "Its name leads to no address that the operator allows.",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } or SocketException { SocketErrorCode: SocketError.HostNotFound } =>
            "Its name is not known.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } or { InnerException: AuthenticationException } =>
            "TLS with the receiver failed: is its certificate good?",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "The receiver cannot be reached.",
        _ => "The receiver gave no proper answer.",
    };

    private sealed class WebhookTargetException : IOException;
}

/// <summary>Whose certificates receivers may have: those that the machine trusts, or those of a file.</summary>
/// <param name="File">PEM with one or more certificates; null for the machine's.</param>
internal sealed record WebhookTrust(string? File)
{
    /// <summary>Never the platform's own: that fetches issuers which a receiver has not sent from wherever its certificate says.</summary>
    internal X509ChainPolicy Policy { get; } = Read(File);

    private static X509ChainPolicy Read(string? file)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = file is null ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        if (file is not null) policy.CustomTrustStore.ImportFromPemFile(file);
        return policy;
    }
}
