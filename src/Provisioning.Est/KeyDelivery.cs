using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;

namespace Provisioning.Est;

/// <summary>Gives a key out that was made here (RFC 7030 §4.4.2): as it is, or signed by the service and encrypted for who asks.</summary>
/// <param name="context">The request.</param>
/// <param name="signer">Signs what is encrypted.</param>
internal sealed class KeyDelivery(HttpContext context, ReportKey signer) : IKeyDelivery, IDisposable
{
    private KeyEnvelope? _envelope;
    private KeyInUse? _signer;

    public Refusal? Judge(KeyProtection asked)
    {
        var token = TokenText.TryParse(BasicToken.Read(context.Request.Headers.Authorization), out var shown) ? shown : null;
        return KeyEnvelope.Find(asked, token, context.Connection.ClientCertificate).TryGet(out _envelope, out var cannot) ? null : cannot;
    }

    public async ValueTask<Refusal?> PrepareAsync(CancellationToken ct)
    {
        Dispose();
        return (await signer.HoldAsync(ct)).TryGet(out _signer, out var cannot) ? null : cannot;
    }

    /// <summary>Makes the answer with the key and the certificate over it.</summary>
    internal KeyAnswer Answer(ServerKey key, IssuedCertificate issued)
    {
        var certificate = CertsOnlyMessage.Write([issued.Der]);
        var pkcs8 = key.Export(issued);
        if (key.Protection is null) return new KeyAnswer(KeyAnswer.Plain, pkcs8, certificate);
        byte[] signed = [];
        try
        {
            signed = SignedKey.Write(pkcs8, _signer!);
            return new KeyAnswer(KeyAnswer.Encrypted, _envelope!.Seal(signed), certificate);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(signed);
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    public void Dispose()
    {
        _signer?.Dispose();
        _signer = null;
    }
}
