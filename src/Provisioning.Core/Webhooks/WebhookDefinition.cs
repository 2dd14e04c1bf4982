namespace Provisioning.Core.Webhooks;

/// <summary>What an administrator says of a receiver.</summary>
public sealed record WebhookDefinition
{
    /// <summary>The longest address, in characters.</summary>
    public const int MaxUrl = 2000;

    /// <summary>The longest description, in characters.</summary>
    public const int MaxDescription = 200;

    /// <summary>Where events are posted to: absolute, https unless the configuration allows http.</summary>
    public required string Url { get; init; }

    /// <summary>For people, or null.</summary>
    public string? Description { get; init; }

    /// <summary>Which types of events it wants; null for all.</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>False while nothing is to be brought; what happens meanwhile is brought afterwards.</summary>
    public bool Enabled { get; init; } = true;
}
