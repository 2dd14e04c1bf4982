using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.WebUtilities;

namespace Provisioning.Interop.Est;

/// <summary>An answer of serverkeygen, taken apart (RFC 7030 §4.4.2).</summary>
/// <param name="Key">The first part: the key, encrypted or not.</param>
/// <param name="Certificate">The second one.</param>
internal sealed record MadeKey(byte[] Key, X509Certificate2 Certificate)
{
    /// <summary>The type of a key that is in CMS.</summary>
    internal const string Encrypted = "application/pkcs7-mime; smime-type=server-generated-key";

    /// <summary>The type of a key that TLS alone protects.</summary>
    internal const string Plain = "application/pkcs8";

    private const string CertsOnly = "application/pkcs7-mime; smime-type=certs-only";

    internal static async Task<MadeKey> ReadAsync(HttpResponseMessage answer, string keyType)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        var boundary = answer.Content.Headers.ContentType!.Parameters.Single(parameter => parameter.Name == "boundary").Value!;
        var parts = new MultipartReader(boundary, await answer.Content.ReadAsStreamAsync());
        var key = await ReadAsync(parts, keyType);
        return new MadeKey(key, Certificates(await ReadAsync(parts, CertsOnly)));
    }

    /// <summary>The one certificate of a certs-only message.</summary>
    internal static X509Certificate2 Certificates(byte[] certsOnly)
    {
        var all = new X509Certificate2Collection();
#pragma warning disable SYSLIB0057 // The only reader of PKCS#7 without another package.
        all.Import(certsOnly);
#pragma warning restore SYSLIB0057
        return Assert.Single(all);
    }

    private static async Task<byte[]> ReadAsync(MultipartReader parts, string type)
    {
        var part = (await parts.ReadNextSectionAsync())!;
        Assert.Equal(type, part.ContentType);
        using var text = new StreamReader(part.Body);
        return Convert.FromBase64String(await text.ReadToEndAsync());
    }
}
