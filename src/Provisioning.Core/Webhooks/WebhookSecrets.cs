using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Provisioning.Core.Authorities;

namespace Provisioning.Core.Webhooks;

/// <summary>
/// The secrets that messages are signed with. None is kept: each follows from a key file (<c>pki/webhooks.key</c>, encrypted like all others),
/// the webhook's ID and the number of the secret, by HKDF (RFC 5869). A copy of the database gives nobody a secret.
/// </summary>
public sealed class WebhookSecrets
{
    /// <summary>The name of the key file.</summary>
    public const string KeyName = "webhooks";

    private readonly Lock _reading = new();
    private readonly KeyFiles _keys;
    private byte[]? _key;

    /// <summary>Makes it; the key is read, or made, when the first secret is wanted.</summary>
    /// <param name="keys">Where the key file is.</param>
    public WebhookSecrets(KeyFiles keys) => _keys = keys;

    /// <summary>Reads the key, so that what needs it later does not fail by it.</summary>
    /// <exception cref="IOException">It cannot be read; the next time may be better.</exception>
    public void Open() => _ = Key;

    private byte[] Key
    {
        get
        {
            lock (_reading) return _key ??= _keys.LoadOrCreateSecret(KeyName);
        }
    }

    /// <summary>The secret as its receiver is told it, once.</summary>
    /// <param name="webhook">The ID of the webhook.</param>
    /// <param name="number">The number of the secret.</param>
    /// <returns><c>whsec_</c> and the base64 of its 32 octets (Standard Webhooks).</returns>
    public string TextOf(string webhook, long number) => "whsec_" + Convert.ToBase64String(Derive(webhook, number));

    /// <summary>Signs a message as Standard Webhooks has it.</summary>
    /// <param name="webhook">Who it is for.</param>
    /// <param name="message">Its ID.</param>
    /// <param name="timestamp">When it is sent, Unix seconds.</param>
    /// <param name="body">Its body.</param>
    /// <param name="now">Decides whether the secret before counts still.</param>
    /// <returns>The header <c>webhook-signature</c>: one signature, or two with a space between them.</returns>
    public string Sign(Webhook webhook, string message, long timestamp, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        byte[] signed = [.. System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{message}.{timestamp}.")), .. body];
        var signatures = new StringBuilder(Mac(webhook.Secret));
        if (webhook.PreviousUntil > now) signatures.Append(' ').Append(Mac(webhook.Secret - 1));
        return signatures.ToString();

        string Mac(long number) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Derive(webhook.Id, number), signed));
    }

    private byte[] Derive(string webhook, long number) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Key, 32, info: System.Text.Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"provisioning webhook secret|{webhook}|{number}")));
}
