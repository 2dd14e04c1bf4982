using Provisioning.Core.Revocation.Feed;
using Provisioning.Core.Webhooks;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Webhooks;

/// <summary>A receiver of events.</summary>
internal record WebhookBody
{
    /// <summary>Where events are posted to: an absolute URL with https, whose host the operator allows (<c>Webhooks__Hosts</c>).</summary>
    /// <example>https://hooks.plant.example/revocations</example>
    public required string Url { get; init; }

    /// <summary>For people, at most 200 characters.</summary>
    /// <example>The gateways of line 7</example>
    public string? Description { get; init; }

    /// <summary>Only these types of events; all when it is left out.</summary>
    /// <example>["provisioning.certificate.revoked"]</example>
    [NamesOf(typeof(FeedEventKind))]
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>False while nothing is to be brought; what happens meanwhile is brought afterwards. True when it is left out.</summary>
    public bool? Enabled { get; init; }

    internal WebhookDefinition ToDefinition() => new() { Url = Url, Description = Description, Types = Types, Enabled = Enabled ?? true };
}

/// <summary>A new receiver of events.</summary>
internal sealed record NewWebhookBody : WebhookBody
{
    /// <summary>It is brought everything behind the event of this number, 0 for everything; what happens from now on when it is left out.</summary>
    /// <example>4711</example>
    public long? Since { get; init; }
}

/// <summary>A new secret for a webhook.</summary>
internal sealed record WebhookSecretBody
{
    /// <summary>How long messages are signed with the secret before as well, an ISO 8601 duration of at most 30 days; a day when it is left out.</summary>
    /// <example>P1D</example>
    public string? Overlap { get; init; }
}
