using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop.Renewals;

/// <summary>
/// A device as firmware should be written: what survives a power cut is in <see cref="Active"/>, <see cref="NextKey"/> and
/// <see cref="Next"/>, each of which is stored before anything that rests on it is done.
/// </summary>
internal sealed class FieldDevice(ServerProcess server, string id, Random random) : IDisposable
{
    private ECDsa? _nextKey;

    /// <summary>The certificate that it starts with.</summary>
    internal X509Certificate2 Active { get; private set; } = null!;

    /// <summary>The key of the next certificate, once there is one.</summary>
    internal ECDsa? NextKey
    {
        get => _nextKey;
        private set
        {
            if (_nextKey != value) _nextKey?.Dispose();
            _nextKey = value;
        }
    }

    /// <summary>The next certificate, once it is stored.</summary>
    internal X509Certificate2? Next { get; private set; }

    internal async Task EnrollAsync(HttpClient registrar)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Active = WithKey(await Api.EnrollPemAsync(registrar, id, key), key);
    }

    /// <summary>Renews until it is done or loses power.</summary>
    /// <exception cref="PowerCutException">It has lost power.</exception>
    /// <exception cref="HttpRequestException">The server was not there, or died meanwhile.</exception>
    internal async Task RenewAsync(PowerCut cut)
    {
        NextKey ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (cut == PowerCut.BeforeSending) throw new PowerCutException();
        var pem = await SendAsync(cut);
        if (cut == PowerCut.BeforeStoring) throw new PowerCutException();
        Next = WithKey(pem, NextKey);
        if (cut == PowerCut.BeforeConfirming) throw new PowerCutException();
        Assert.Equal(HttpStatusCode.OK, await ShowAsync(Next));
        if (cut == PowerCut.BeforeSwitching) throw new PowerCutException();
        Switch();
    }

    /// <summary>
    /// Starts after a power cut: shows what is stored, the newest first, and goes on with what is accepted. A request that was under way is
    /// sent again with the key that is stored, or thrown away with it.
    /// </summary>
    internal async Task RecoverAsync()
    {
        if (Next is not null)
        {
            Assert.Equal(HttpStatusCode.OK, await ShowAsync(Next));
            Switch();
            return;
        }

        Assert.Equal(HttpStatusCode.OK, await ShowAsync(Active));
        if (random.Next(2) == 0) ForgetRequest();
    }

    /// <summary>Throws away the key of the request that was under way; the next one has another.</summary>
    internal void ForgetRequest() => NextKey = null;

    /// <summary>What the service says to a device that shows a certificate.</summary>
    internal async Task<HttpStatusCode> ShowAsync(X509Certificate2 certificate)
    {
        using var client = Api.Client(server, certificate);
        using var answer = await client.GetAsync("/api/v1/self");
        return answer.StatusCode;
    }

    public void Dispose()
    {
        Active?.Dispose();
        Next?.Dispose();
        NextKey = null;
    }

    private void Switch()
    {
        Active.Dispose();
        (Active, Next, NextKey) = (Next!, null, null);
    }

    // The request of before the power cut may still be under way.
    private async Task<string> SendAsync(PowerCut cut)
    {
        for (var left = 1000; ; left--)
        {
            if (await TrySendAsync(cut, mayWait: left > 0) is { } pem) return pem;
        }
    }

    private async Task<string?> TrySendAsync(PowerCut cut, bool mayWait)
    {
        using var client = Api.Client(server, Active);
        using var message = new HttpRequestMessage(HttpMethod.Post, "/api/v1/renewals")
        {
            Content = new ByteArrayContent(Api.Request(NextKey!, id)) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } },
            Headers = { Accept = { new MediaTypeWithQualityHeaderValue("application/pem-certificate-chain") } },
        };
        using var power = new CancellationTokenSource();
        if (cut == PowerCut.AfterSending) power.CancelAfter(TimeSpan.FromMilliseconds(random.Next(1, 60)));
        try
        {
            using var answer = await client.SendAsync(message, power.Token);
            var text = await answer.Content.ReadAsStringAsync(power.Token);
            if (mayWait && text.Contains("request-in-progress", StringComparison.Ordinal)) return null;
            Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
            return cut == PowerCut.AfterSending ? throw new PowerCutException() : text;
        }
        catch (OperationCanceledException) when (power.IsCancellationRequested)
        {
            throw new PowerCutException();
        }
    }

    private static X509Certificate2 WithKey(string pem, ECDsa key)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem);
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
