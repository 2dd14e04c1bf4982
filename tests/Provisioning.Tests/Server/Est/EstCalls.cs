using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Server.Est;

/// <summary>EST as a client speaks it that keeps to RFC 7030 and RFC 8951.</summary>
internal static class EstCalls
{
    internal const string Enroll = "simpleenroll";
    internal const string Reenroll = "simplereenroll";
    internal const string CertsOnly = "application/pkcs7-mime; smime-type=certs-only";

    /// <summary>Where an operation is, with the label of a group or without one.</summary>
    internal static string At(string operation, string? group = null) =>
        group is null ? $"/.well-known/est/{operation}" : $"/.well-known/est/{group}/{operation}";

    /// <summary>A client with a token as the password, and with a certificate or without one.</summary>
    internal static HttpClient WithPassword(this TestServer server, string password, X509Certificate2? certificate = null)
    {
        var client = server.Client(certificate);
        client.DefaultRequestHeaders.Authorization = Basic("device", password);
        return client;
    }

    internal static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}")));

    /// <summary>Sends a certification request in base64.</summary>
    internal static Task<HttpResponseMessage> EstAsync(this HttpClient client, string operation, byte[] der, string? group = null) =>
        client.EstAsync(operation, Convert.ToBase64String(der), group);

    /// <summary>Sends whatever stands in the place of the base64.</summary>
    internal static async Task<HttpResponseMessage> EstAsync(
        this HttpClient client, string operation, string body, string? group = null, string? mediaType = "application/pkcs10")
    {
        using var content = new ByteArrayContent(System.Text.Encoding.Latin1.GetBytes(body));
        if (mediaType is not null) content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        return await client.PostAsync(At(operation, group), content);
    }

    /// <summary>The same, again while the service says that others are served.</summary>
    internal static async Task<HttpResponseMessage> EstUntilServedAsync(this HttpClient client, string operation, byte[] der, string? group = null)
    {
        while (true)
        {
            var answer = await client.EstAsync(operation, der, group);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable) return answer;
            await EstRefusal.IsAsync(answer, HttpStatusCode.ServiceUnavailable, "overloaded");
        }
    }

    /// <summary>Enrolls a device, and has it keep its certificate.</summary>
    internal static async Task<TestDevice> EstEnrollAsync(this TestDevice device, HttpClient client, string? group = null)
    {
        device.Take(await CertificateAsync(await client.EstAsync(Enroll, device.Request(), group)), device.Key);
        return device;
    }

    /// <summary>Renews a device to a new key, and has it keep its certificate.</summary>
    internal static async Task<HttpResponseMessage> EstRenewAsync(this TestDevice device, HttpClient client, string? group = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await client.EstAsync(Reenroll, device.Request(key), group);
        if (answer.StatusCode == HttpStatusCode.OK) device.Take(await CertificateAsync(answer), key);
        return answer;
    }

    /// <summary>The only certificate of an answer that has one.</summary>
    internal static async Task<X509Certificate2> CertificateAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{(int)answer.StatusCode} {text}");
        Assert.Equal(CertsOnly, Assert.Single(answer.Content.Headers.NonValidated["Content-Type"]));
        CheckTime(answer);
        return Assert.Single(Certificates(text));
    }

    /// <summary>A board without a clock learns the time from whatever it is told.</summary>
    internal static void CheckTime(HttpResponseMessage answer) =>
        Assert.InRange(
            long.Parse(Assert.Single(answer.Headers.GetValues("Provisioning-Server-Time")), CultureInfo.InvariantCulture),
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(),
            new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds());

    internal static async Task<string> SerialAsync(HttpResponseMessage answer)
    {
        using var certificate = await CertificateAsync(answer);
        return certificate.SerialNumber;
    }

    /// <summary>The certificates of a certs-only message in base64, in their order.</summary>
    internal static IReadOnlyList<X509Certificate2> Certificates(string base64)
    {
        var all = new X509Certificate2Collection();
        var der = Convert.FromBase64String(base64);
        Assert.Equal(X509ContentType.Pkcs7, X509Certificate2.GetCertContentType(der));
#pragma warning disable SYSLIB0057 // The only reader of PKCS#7 without another package.
        all.Import(der);
#pragma warning restore SYSLIB0057
        return [.. all];
    }

    /// <summary>A certification request with a subject and extensions of the test's making.</summary>
    internal static byte[] Request(ECDsa key, byte[] subject, params X509Extension[] extensions)
    {
        var request = new CertificateRequest(new X500DistinguishedName(subject), key, HashAlgorithmName.SHA256);
        foreach (var extension in extensions) request.CertificateExtensions.Add(extension);
        return request.CreateSigningRequest();
    }

    /// <summary>A certification request with a challengePassword, whose string is DER.</summary>
    internal static byte[] Request(ECDsa key, string commonName, byte[] challengePassword)
    {
        var request = new CertificateRequest("CN=" + commonName, key, HashAlgorithmName.SHA256);
        request.OtherRequestAttributes.Add(new AsnEncodedData("1.2.840.113549.1.9.7", challengePassword));
        return request.CreateSigningRequest();
    }
}
