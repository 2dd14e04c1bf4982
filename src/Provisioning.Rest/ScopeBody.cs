using Provisioning.Core.Credentials;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What a registrar is limited to. What is left out or null has no limit.</summary>
internal sealed record ScopeBody
{
    /// <summary>The enrollment groups that it may enroll into.</summary>
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>The lots that it may enroll for. With one, that is meant when a request names none.</summary>
    public IReadOnlyList<string>? Lots { get; init; }

    /// <summary>Regular expressions, of which one must match the whole device ID.</summary>
    public IReadOnlyList<string>? DeviceIdPatterns { get; init; }

    /// <summary>The networks that it may call from, in CIDR notation.</summary>
    public IReadOnlyList<string>? Networks { get; init; }

    /// <summary>The hours of each day in which it may call, in UTC or with an offset; they may pass midnight.</summary>
    /// <example>06:00-14:30+01:00</example>
    public string? Hours { get; init; }

    /// <summary>Certificates a day (UTC); and as many revocations, counted apart.</summary>
    /// <example>5000</example>
    public int? DailyLimit { get; init; }

    /// <summary>
    /// True when it may revoke and hold the certificates of devices in the scope, and release its own holds; by default it may not.
    /// </summary>
    public bool? MayRevoke { get; init; }

    internal Problem? FirstNull() =>
        NullValues.First("/groups", Groups) ?? NullValues.First("/lots", Lots)
        ?? NullValues.First("/deviceIdPatterns", DeviceIdPatterns) ?? NullValues.First("/networks", Networks);

    internal ScopeDefinition ToDefinition() => new()
    {
        Groups = Groups,
        Lots = Lots,
        DeviceIdPatterns = DeviceIdPatterns,
        Networks = Networks,
        Hours = Hours,
        DailyLimit = DailyLimit,
        MayRevoke = MayRevoke,
    };

    internal static ScopeBody? Of(ScopeDefinition? scope) => scope is null
        ? null
        : new ScopeBody
        {
            Groups = scope.Groups,
            Lots = scope.Lots,
            DeviceIdPatterns = scope.DeviceIdPatterns,
            Networks = scope.Networks,
            Hours = scope.Hours,
            DailyLimit = scope.DailyLimit,
            MayRevoke = scope.MayRevoke,
        };
}
