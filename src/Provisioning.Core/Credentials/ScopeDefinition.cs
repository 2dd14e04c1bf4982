using System.Globalization;
using System.Net;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Credentials;

/// <summary>What an administrator writes down about the limits of a registrar. Null means no limit.</summary>
public sealed record ScopeDefinition
{
    private const int MaxEntries = 100;

    /// <summary>Names of enrollment groups.</summary>
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>Names of lots.</summary>
    public IReadOnlyList<string>? Lots { get; init; }

    /// <summary>Regular expressions, of which one must match the whole device ID.</summary>
    public IReadOnlyList<string>? DeviceIdPatterns { get; init; }

    /// <summary>Networks in CIDR notation.</summary>
    public IReadOnlyList<string>? Networks { get; init; }

    /// <summary>Hours of the day, such as <c>06:00-14:30</c>; an offset to UTC may follow: <c>06:00-14:30+01:00</c>.</summary>
    public string? Hours { get; init; }

    /// <summary>Certificates a day (UTC), at least 1; and as many revocations.</summary>
    public int? DailyLimit { get; init; }

    /// <summary>True when it may revoke what is in the scope; null is false.</summary>
    public bool? MayRevoke { get; init; }

    /// <summary>Judges it.</summary>
    /// <returns>The scope; or <see cref="RefusalCode.BadScope"/> with the field that is wrong.</returns>
    public Outcome<RegistrarScope> ToScope()
    {
        if (CheckNames("groups", Groups) is { } badGroup) return badGroup;
        if (CheckNames("lots", Lots) is { } badLot) return badLot;
        if (!ToPatterns().TryGet(out var patterns, out var refusal)) return refusal;
        if (!ToNetworks().TryGet(out var networks, out refusal)) return refusal;
        DailyHours? hours = null;
        if (Hours is { } text && !TryParseHours(text, out hours)) return Bad("hours", "Hours are such as 06:00-14:30 or 22:00-06:00+01:00.");
        if (DailyLimit is < 1) return Bad("dailyLimit", "A limit is at least 1.");
        return new RegistrarScope
        {
            Groups = Groups,
            Lots = Lots,
            DeviceIdPatterns = patterns.List,
            Networks = networks.List,
            Hours = hours,
            DailyLimit = DailyLimit,
            MayRevoke = MayRevoke == true,
        };
    }

    private static Refusal? CheckNames(string field, IReadOnlyList<string>? names)
    {
        if (names is null) return null;
        if (names.Count > MaxEntries) return Bad(field, $"At most {MaxEntries} are kept.");
        for (var i = 0; i < names.Count; i++)
            if (!ResourceName.IsValid(names[i])) return Bad($"{field}/{i}", ResourceName.Rule);
        return null;
    }

    private Outcome<Maybe<IdPattern>> ToPatterns()
    {
        if (DeviceIdPatterns is null) return new Maybe<IdPattern>(null);
        if (DeviceIdPatterns.Count > MaxEntries) return Bad("deviceIdPatterns", $"At most {MaxEntries} are kept.");
        var all = new List<IdPattern>();
        for (var i = 0; i < DeviceIdPatterns.Count; i++)
        {
            if (!IdPattern.TryParse(DeviceIdPatterns[i], out var pattern, out var problem)) return Bad($"deviceIdPatterns/{i}", problem);
            all.Add(pattern);
        }

        return new Maybe<IdPattern>(all);
    }

    private Outcome<Maybe<IPNetwork>> ToNetworks()
    {
        if (Networks is null) return new Maybe<IPNetwork>(null);
        if (Networks.Count > MaxEntries) return Bad("networks", $"At most {MaxEntries} are kept.");
        var all = new List<IPNetwork>();
        for (var i = 0; i < Networks.Count; i++)
        {
            if (!IPNetwork.TryParse(Networks[i], out var network))
                return Bad($"networks/{i}", "A network is such as 10.1.0.0/16 or fd00::/8, without bits beyond its prefix.");
            all.Add(network);
        }

        return new Maybe<IPNetwork>(all);
    }

    private static bool TryParseHours(string text, out DailyHours? hours)
    {
        hours = null;
        if (text.Length is not (11 or 17) || text[5] != '-') return false;
        var invariant = CultureInfo.InvariantCulture;
        if (!TimeOnly.TryParseExact(text.AsSpan(0, 5), "HH:mm", invariant, DateTimeStyles.None, out var from)
            || !TimeOnly.TryParseExact(text.AsSpan(6, 5), "HH:mm", invariant, DateTimeStyles.None, out var to))
        {
            return false;
        }

        var offset = TimeSpan.Zero;
        if (text.Length == 17)
        {
            if (text[11] is not ('+' or '-') || !TimeSpan.TryParseExact(text.AsSpan(12), "hh\\:mm", invariant, out offset)) return false;
            if (offset > TimeSpan.FromHours(14)) return false;
            if (text[11] == '-') offset = -offset;
        }

        hours = new DailyHours(from, to, offset);
        return true;
    }

    private static Refusal Bad(string field, string detail) => new(RefusalCode.BadScope, detail) { Field = "/" + field };

    // An outcome holds no null.
    private readonly record struct Maybe<T>(IReadOnlyList<T>? List);
}
