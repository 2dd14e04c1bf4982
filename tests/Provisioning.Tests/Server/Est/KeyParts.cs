using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Provisioning.Tests.Server.Est;

/// <summary>An answer of serverkeygen, taken apart as RFC 7030 §4.4.2 has it.</summary>
internal sealed record KeyParts(string KeyType, byte[] Key, X509Certificate2 Certificate)
{
    internal const string Operation = "serverkeygen";

    internal static async Task<KeyParts> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{(int)answer.StatusCode} {text}");
        Assert.NotNull(answer.Content.Headers.ContentLength);
        Assert.True(answer.Headers.CacheControl?.NoStore);
        var type = MediaTypeHeaderValue.Parse(answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("multipart/mixed", type.MediaType.Value);
        var reader = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).Value!, await answer.Content.ReadAsStreamAsync());
        var (keyType, key) = await PartAsync(reader);
        var (certificateType, certificates) = await PartAsync(reader);
        Assert.Equal(EstCalls.CertsOnly, certificateType);
        Assert.Null(await reader.ReadNextSectionAsync());
        return new KeyParts(keyType, key, Assert.Single(EstCalls.Certificates(Convert.ToBase64String(certificates))));
    }

    /// <summary>The certificate with its key, which came as it is.</summary>
    internal X509Certificate2 WithKey()
    {
        Assert.Equal("application/pkcs8", KeyType);
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Key, out var read);
        Assert.Equal(Key.Length, read);
        using var both = Certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(both.Export(X509ContentType.Pkcs12), null);
    }

    private static async Task<(string Type, byte[] Octets)> PartAsync(MultipartReader reader)
    {
        var part = await reader.ReadNextSectionAsync();
        Assert.NotNull(part);
        Assert.Equal("base64", Assert.Single(part.Headers!["Content-Transfer-Encoding"]));
        using var text = new StreamReader(part.Body);
        var lines = await text.ReadToEndAsync();
        Assert.All(lines.Split("\r\n"), line => Assert.InRange(line.Length, 0, 64));
        return (part.ContentType!, Convert.FromBase64String(lines));
    }
}
