using Provisioning.Cli.Api;

namespace Provisioning.Cli.Options;

/// <summary>What every verb needs to know, from options, a data directory and the environment, in this order.</summary>
internal sealed record Settings
{
    /// <summary>The service.</summary>
    internal required Uri Url { get; init; }

    /// <summary>The trust anchors, PEM; null when none were named.</summary>
    internal required string? CaFile { get; init; }

    /// <summary>As whom to speak; null for a stranger.</summary>
    internal required Credential? Credential { get; init; }

    /// <summary>Results and errors as JSON.</summary>
    internal required bool Json { get; init; }

    /// <summary>How long to keep trying, for each request.</summary>
    internal required TimeSpan Timeout { get; init; }

    /// <summary>How long to rest between attempts.</summary>
    internal required BackOff Pauses { get; init; }

    /// <summary>Only errors, and what was asked for.</summary>
    internal required bool Quiet { get; init; }
}
