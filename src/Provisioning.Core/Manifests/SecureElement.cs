using System.Buffers.Text;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Manifests;

/// <summary>
/// Reads one element of a signed manifest of secure elements, as Microchip writes it: a JWS in flattened JSON (RFC 7515 §7.2.2), signed
/// with ES256 by the certificate that its protected header names.
/// </summary>
internal sealed class SecureElement(FrozenDictionary<Digest, ManifestSigner> signers, ManifestImport import, DateTimeOffset now)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Verifies and reads an element.</summary>
    /// <param name="element">The element.</param>
    /// <returns>The device, or why not.</returns>
    internal Outcome<ExpectedDevice> Read(JsonElement element)
    {
        if (!IsClear(element)) return Malformed("It says something twice, or holds text that is none.");
        if (TextOf(element, "protected") is not { } header || TextOf(element, "payload") is not { } payload || TextOf(element, "signature") is not { } signature)
            return Malformed("It is not a JWS with payload, protected and signature.");
        if (Verify(header, payload, signature) is { } refusal) return refusal;
        if (Decode(payload) is not { } octets || TryParse(octets) is not { } document) return Malformed("Its payload is not JSON in base64url.");
        using (document)
        {
            var uniqueId = TextOf(document.RootElement, "uniqueId");
            if (uniqueId is null) return Malformed("Its payload has no uniqueId.");

            // Not signed, and only there for text searches: but a file that says two things is not to be trusted.
            if (element.TryGetProperty("header", out var open) && TextOf(open, "uniqueId") is { } said && said != uniqueId)
                return Malformed("Its header names another uniqueId than its payload.");
            if (!DeviceId.TryParse(import.DeviceId.Replace(ManifestImport.UniqueId, uniqueId, StringComparison.Ordinal), out var id))
                return new Refusal(RefusalCode.BadDeviceId, "Its uniqueId makes no device ID.");
            return ReadKey(document.RootElement).TryGet(out var key, out var bad)
                ? new ExpectedDevice(id) { Key = key, Attributes = ReadAttributes(document.RootElement) }
                : bad;
        }
    }

    private Refusal? Verify(string header, string payload, string signature)
    {
        if (Decode(header) is not { } octets || TryParse(octets) is not { } document) return Malformed("Its protected header is not JSON in base64url.");
        using (document)
        {
            var root = document.RootElement;
            if (TextOf(root, "alg") != "ES256") return Unsigned("It is not signed with ES256.");
            if (root.TryGetProperty("crit", out _)) return Unsigned("It has critical header parameters (RFC 7515 §4.1.11).");
            if (TextOf(root, "x5t#S256") is not { } named || Decode(named) is not { Length: 32 } thumbprint
                || !signers.TryGetValue(Digest.FromOctets(thumbprint), out var signer))
            {
                return Unsigned("It is signed by nobody whose certificate is registered as a manifest signer.");
            }

            using var certificate = X509CertificateLoader.LoadCertificate(signer.Certificate.Span);
            if (now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime())
                return Unsigned("The certificate of its signer is not valid now.");
            using var key = certificate.GetECDsaPublicKey();
            var signed = System.Text.Encoding.ASCII.GetBytes($"{header}.{payload}");
            return key is { KeySize: 256 } && Decode(signature) is { Length: 64 } value
                && key.VerifyData(signed, value, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
                ? null
                : Unsigned("Its signature does not verify.");
        }
    }

    private Outcome<Digest> ReadKey(JsonElement root)
    {
        if (!root.TryGetProperty("publicKeySet", out var set) || set.ValueKind != JsonValueKind.Object
            || !set.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array)
        {
            return Malformed("Its payload has no publicKeySet.");
        }

        var named = keys.EnumerateArray().Where(key => TextOf(key, "kid") == import.KeyId).ToList();
        if (named is not [var jwk]) return Malformed($"It does not have one key of kid '{import.KeyId}'.");
        if (TextOf(jwk, "kty") != "EC" || TextOf(jwk, "crv") != "P-256"
            || Decode(TextOf(jwk, "x") ?? "") is not { Length: 32 } x || Decode(TextOf(jwk, "y") ?? "") is not { Length: 32 } y)
        {
            return new Refusal(RefusalCode.UnsupportedKey, "Its key is not one on P-256.");
        }

        byte[] info = [.. NamedCurve.Of(KeyAlgorithm.P256).Header, 0x04, .. x, .. y];
        return SubjectPublicKeyReader.Read(info, out var facts) is { } bad ? bad : Digest.Of(facts.SubjectPublicKeyInfo);
    }

    private static Dictionary<string, string>? ReadAttributes(JsonElement root)
    {
        var attributes = new Dictionary<string, string>();
        foreach (var name in new[] { "model", "partNumber" })
            if (TextOf(root, name) is { Length: > 0 } value) attributes[name] = value;
        return attributes.Count == 0 ? null : attributes;
    }

    private static string? TextOf(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair (RFC 8259 §8.2).
            return null;
        }
    }

    // The file is read with double members let through, so that one such element does not end it.
    private static bool IsClear(JsonElement element)
    {
        using var document = TryParse(JsonMarshal.GetRawUtf8Value(element).ToArray());
        return document is not null;
    }

    // RFC 7515 §2: without padding, line breaks or anything else.
    private static byte[]? Decode(string text)
    {
        if (text.AsSpan().IndexOfAny("=\n\r ") >= 0 || !Base64Url.IsValid(text)) return null;
        return Base64Url.DecodeFromChars(text);
    }

    private static JsonDocument? TryParse(byte[] json)
    {
        try
        {
            return JsonDocument.Parse(json, Strict);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // The latter for a member's name with half of a surrogate pair.
            return null;
        }
    }

    private static Refusal Malformed(string detail) => new(RefusalCode.Malformed, detail);

    private static Refusal Unsigned(string detail) => new(RefusalCode.BadManifest, detail);
}
