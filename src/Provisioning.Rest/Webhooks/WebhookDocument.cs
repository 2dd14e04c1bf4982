using System.Text.Json.Serialization;
using Provisioning.Core.Webhooks;

namespace Provisioning.Rest.Webhooks;

/// <summary>A receiver of events, and how far it is.</summary>
internal sealed record WebhookDocument
{
    /// <summary>Its ID.</summary>
    /// <example>5D0C7A3B19E84F62A7D1C3B5E9F20846</example>
    public required string Id { get; init; }

    /// <summary>Where events are posted to.</summary>
    /// <example>https://hooks.plant.example/revocations</example>
    public required string Url { get; init; }

    /// <summary>For people, or null.</summary>
    public required string? Description { get; init; }

    /// <summary>Only these types of events; null for all.</summary>
    public required IReadOnlyList<string>? Types { get; init; }

    /// <summary>Whether anything is to be brought.</summary>
    public required bool Enabled { get; init; }

    /// <summary>
    /// What its messages are signed with, in this answer and nowhere else: <c>whsec_</c> and the base64 of 32 octets. Absent in all other answers.
    /// </summary>
    /// <example>whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwuZrQ1rG6Ctk=</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Secret { get; init; }

    /// <summary>Until when messages are signed with the secret before as well, or null.</summary>
    public required DateTimeOffset? PreviousSecretUntil { get; init; }

    /// <summary>The number of the last event that was taken, or was not for it.</summary>
    /// <example>4711</example>
    public required long Delivered { get; init; }

    /// <summary>How often the next event was tried in vain.</summary>
    /// <example>0</example>
    public required long Attempts { get; init; }

    /// <summary>When it is tried again, or null.</summary>
    public required DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>Since when it takes nothing, or null.</summary>
    public required DateTimeOffset? FailingSince { get; init; }

    /// <summary>When the service gave it up (<c>Webhooks__GiveUpAfter</c>), or null. It begins again where it was when it is resumed or changed.</summary>
    public required DateTimeOffset? PausedAt { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    /// <example>administrator:admin</example>
    public required string CreatedBy { get; init; }

    internal static WebhookDocument Of(Webhook webhook) => Of(webhook, null);

    internal static WebhookDocument Of(Webhook webhook, string? secret) => new()
    {
        Id = webhook.Id,
        Url = webhook.Definition.Url,
        Description = webhook.Definition.Description,
        Types = webhook.Definition.Types,
        Enabled = webhook.Definition.Enabled,
        Secret = secret,
        PreviousSecretUntil = webhook.PreviousUntil,
        Delivered = webhook.Delivered,
        Attempts = webhook.Attempts,
        NextAttemptAt = webhook.Attempts > 0 ? webhook.NextAt : null,
        FailingSince = webhook.FailingSince,
        PausedAt = webhook.PausedAt,
        CreatedAt = webhook.CreatedAt,
        CreatedBy = webhook.CreatedBy,
    };
}

/// <summary>One try to bring one event to a receiver.</summary>
internal sealed record WebhookDeliveryDocument
{
    /// <summary>The ID of the message, the same at every try: the number of the event, or that of a test.</summary>
    /// <example>4711</example>
    public required string MessageId { get; init; }

    /// <summary>The type of the event; <c>provisioning.test</c> for a test.</summary>
    /// <example>provisioning.certificate.revoked</example>
    public required string Type { get; init; }

    /// <summary>When it was sent.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether the receiver has taken it.</summary>
    public required bool Taken { get; init; }

    /// <summary>The HTTP status of the answer, or null when there was none.</summary>
    /// <example>204</example>
    public required int? Status { get; init; }

    /// <summary>Why it does not count as taken, or null.</summary>
    public required string? Problem { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    /// <example>35</example>
    public required long Milliseconds { get; init; }

    internal static WebhookDeliveryDocument Of(WebhookDelivery delivery) => new()
    {
        MessageId = delivery.Message,
        Type = delivery.Type,
        At = delivery.At,
        Taken = delivery.Answer.IsTaken,
        Status = delivery.Answer.Status,
        Problem = delivery.Answer.Problem,
        Milliseconds = (long)delivery.Answer.Took.TotalMilliseconds,
    };
}
