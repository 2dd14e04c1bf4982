using Provisioning.Core.Revocation.Feed;

namespace Provisioning.Core.Webhooks;

/// <summary>A receiver that the events are brought to, and how far it is.</summary>
public sealed record Webhook
{
    /// <summary>32 hexadecimal digits; never used again.</summary>
    public required string Id { get; init; }

    /// <summary>What an administrator has said.</summary>
    public required WebhookDefinition Definition { get; init; }

    /// <summary>Counts the changes of the definition and of the secret.</summary>
    public required long Revision { get; init; }

    /// <summary>Which secret in order: the secret itself is derived and kept nowhere (<see cref="WebhookSecrets"/>).</summary>
    public required long Secret { get; init; }

    /// <summary>Until when messages are signed with the secret before as well, or null.</summary>
    public required DateTimeOffset? PreviousUntil { get; init; }

    /// <summary>The number of the last event that the receiver has taken, or that is not for it.</summary>
    public required long Delivered { get; init; }

    /// <summary>How often the next event was tried in vain.</summary>
    public required long Attempts { get; init; }

    /// <summary>When it is tried next, at the earliest.</summary>
    public required DateTimeOffset NextAt { get; init; }

    /// <summary>Since when nothing was taken, or null.</summary>
    public required DateTimeOffset? FailingSince { get; init; }

    /// <summary>When the service gave it up until somebody resumes it, or null.</summary>
    public required DateTimeOffset? PausedAt { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>Whether an event is for it.</summary>
    /// <param name="kind">What happened.</param>
    /// <returns>True when it is to be brought.</returns>
    public bool Wants(FeedEventKind kind) => Definition.Types is not { } types || types.Contains(FeedEventKinds.TypeOf(kind), StringComparer.Ordinal);
}
