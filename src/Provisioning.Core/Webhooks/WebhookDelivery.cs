namespace Provisioning.Core.Webhooks;

/// <summary>One try to bring one event to a receiver.</summary>
public sealed record WebhookDelivery
{
    /// <summary>1, 2, 3 … of its webhook.</summary>
    public required long Number { get; init; }

    /// <summary>The ID of the message, the same at every try: the number of the event, or that of a test.</summary>
    public required string Message { get; init; }

    /// <summary>The type of the event.</summary>
    public required string Type { get; init; }

    /// <summary>When it was sent.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What came of it.</summary>
    public required WebhookAnswer Answer { get; init; }
}

/// <summary>What came of sending a message.</summary>
/// <param name="Status">The HTTP status, or null when there was no answer.</param>
/// <param name="Problem">Why it does not count as taken, for people; null when it was taken.</param>
/// <param name="Took">How long it took.</param>
public sealed record WebhookAnswer(int? Status, string? Problem, TimeSpan Took)
{
    /// <summary>How long the receiver wants to be left alone (<c>Retry-After</c>), or null. Not kept.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the receiver wants nothing any more: 410, as Standard Webhooks has it.</summary>
    public bool IsEnd => Status == 410;

    /// <summary>Whether the receiver has taken it.</summary>
    public bool IsTaken => Problem is null;
}
