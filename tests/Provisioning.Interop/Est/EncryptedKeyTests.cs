using System.Formats.Asn1;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Interop.Est;

/// <summary>OpenSSL opens what serverkeygen has encrypted (RFC 7030 §4.4.2): for the token, and for the client certificate.</summary>
public sealed class EncryptedKeyTests : IAsyncLifetime
{
    private const string SecretIdentifier = "1.2.840.113549.1.9.16.2.37";
    private const string CertificateIdentifier = "1.2.840.113549.1.9.16.2.54";

    private static readonly string[] Tokens = ["token"];

    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-keys-").FullName;
    private ServerProcess _server = null!;
    private HttpClient _administrator = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ServerProcess.StartAsync();
        _administrator = Api.Client(_server, "admin");
        using var definition = new HttpRequestMessage(HttpMethod.Put, "/api/v1/groups/plants")
        {
            Content = JsonContent.Create(new { credentials = Tokens, serverKeys = "encrypted", renewal = new { early = "allowed" } }),
            Headers = { { "If-Match", "*" } },
        };
        using var answer = await _administrator.SendAsync(definition);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _administrator.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task For_a_token()
    {
        var token = await CreateTokenAsync();
        var id = System.Text.Encoding.ASCII.GetBytes(token.Split('.')[1]);
        using var device = Api.Client(_server);
        device.DefaultRequestHeaders.Authorization = BasicOf(token);

        var made = await MakeAsync(device, "plant-1", SecretIdentifier, id);

        var secret = HKDF.DeriveKey(
            HashAlgorithmName.SHA256, System.Text.Encoding.ASCII.GetBytes(token), 32, info: "provisioning est serverkeygen"u8.ToArray());
        await OpensAsync(made, "-secretkey", Convert.ToHexString(secret), "-secretkeyid", Convert.ToHexString(id));
    }

    [Theory]
    [InlineData("EC")]
    [InlineData("RSA")]
    public async Task For_the_certificate_of_the_device(string algorithm)
    {
        using AsymmetricAlgorithm key = algorithm == "EC" ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        using var certificate = await EnrollAsync(key, "plant-" + algorithm);
        await File.WriteAllTextAsync(At("device.key"), key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(At("device.pem"), certificate.ExportCertificatePem());
        using var device = Api.Client(_server, certificate);
        var identifier = certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.ToArray();

        var made = await MakeAsync(device, "plant-" + algorithm, CertificateIdentifier, identifier);

        await OpensAsync(made, "-inkey", At("device.key"), "-recip", At("device.pem"));
    }

    // Decrypted, signed by the service under its root, and the key of the certificate that came with it.
    private async Task OpensAsync(MadeKey made, params string[] recipient)
    {
        await File.WriteAllBytesAsync(At("key.p7"), made.Key);
        await Tool.CheckAsync("openssl", ["cms", "-decrypt", "-inform", "DER", "-binary", "-in", At("key.p7"), .. recipient, "-out", At("signed.der")]);
        await File.WriteAllBytesAsync(At("signed.p7"), ContentInfo(await File.ReadAllBytesAsync(At("signed.der"))));
        await Tool.CheckAsync(
            "openssl", "cms", "-verify", "-inform", "DER", "-binary", "-in", At("signed.p7"), "-CAfile", _server.Pki("root.pem"), "-purpose", "any",
            "-out", At("package.der"));
        var package = new AsnReader(await File.ReadAllBytesAsync(At("package.der")), AsnEncodingRules.DER).ReadSequence();
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(package.ReadEncodedValue().Span, out _);
        package.ThrowIfNotEmpty();
        Assert.Equal(made.Certificate.PublicKey.ExportSubjectPublicKeyInfo(), key.ExportSubjectPublicKeyInfo());
    }

    private static async Task<MadeKey> MakeAsync(HttpClient client, string device, string type, byte[] identifier)
    {
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + device, like, HashAlgorithmName.SHA256);
        var value = new AsnWriter(AsnEncodingRules.DER);
        value.WriteOctetString(identifier);
        request.OtherRequestAttributes.Add(new AsnEncodedData(type, value.Encode()));
        using var answer = await PostAsync(client, "serverkeygen", request.CreateSigningRequest());
        return await MadeKey.ReadAsync(answer, MadeKey.Encrypted);
    }

    private async Task<X509Certificate2> EnrollAsync(AsymmetricAlgorithm key, string device)
    {
        var request = key is ECDsa ec
            ? new CertificateRequest("CN=" + device, ec, HashAlgorithmName.SHA256)
            : new CertificateRequest("CN=" + device, (RSA)key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var client = Api.Client(_server);
        client.DefaultRequestHeaders.Authorization = BasicOf(await CreateTokenAsync());
        using var answer = await PostAsync(client, "simpleenroll", request.CreateSigningRequest());
        using var certificate = MadeKey.Certificates(Convert.FromBase64String(await answer.Content.ReadAsStringAsync()));
        using var both = key is ECDsa ecdsa ? certificate.CopyWithPrivateKey(ecdsa) : certificate.CopyWithPrivateKey((RSA)key);
        return X509CertificateLoader.LoadPkcs12(both.Export(X509ContentType.Pkcs12), null);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string operation, byte[] request)
    {
        using var content = new StringContent(Convert.ToBase64String(request), new MediaTypeHeaderValue("application/pkcs10"));
        var answer = await client.PostAsync("/.well-known/est/plants/" + operation, content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return answer;
    }

    private async Task<string> CreateTokenAsync()
    {
        using var answer = await _administrator.PostAsJsonAsync("/api/v1/tokens", new { group = "plants" });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("items")[0].GetProperty("token").GetString()!;
    }

    private static AuthenticationHeaderValue BasicOf(string token) =>
        new("Basic", Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes("device:" + token)));

    // What is encrypted is the SignedData alone; its type stands beside it (RFC 5652 §6.1).
    private static byte[] ContentInfo(byte[] signedData)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.113549.1.7.2");
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) writer.WriteEncodedValue(signedData);
        }

        return writer.Encode();
    }

    private string At(string file) => Path.Combine(_folder, file);
}
