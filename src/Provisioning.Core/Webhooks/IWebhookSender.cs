namespace Provisioning.Core.Webhooks;

/// <summary>Brings one message to one receiver.</summary>
public interface IWebhookSender
{
    /// <summary>Sends.</summary>
    /// <param name="webhook">The receiver.</param>
    /// <param name="message">The ID of the message.</param>
    /// <param name="body">A CloudEvent in JSON.</param>
    /// <param name="ct">The service stops: then nobody knows whether it was taken.</param>
    /// <returns>What came of it; a receiver that fails is no exception.</returns>
    Task<WebhookAnswer> SendAsync(Webhook webhook, string message, ReadOnlyMemory<byte> body, CancellationToken ct);
}
