using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Credentials;

/// <summary>What an administrator writes down about an enrollment token. Null means any, or the usual.</summary>
public sealed record TokenDefinition
{
    /// <summary>How long a token is good when nobody says otherwise.</summary>
    public static readonly TimeSpan UsualLifetime = TimeSpan.FromHours(24);

    /// <summary>The longest that a token may be good.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(400);

    private const long MaxUses = 1_000_000;
    private const int MaxNote = 200;

    /// <summary>The group that it enrolls into.</summary>
    public required string Group { get; init; }

    /// <summary>The lot whose units it enrolls.</summary>
    public string? Lot { get; init; }

    /// <summary>The only device that it enrolls.</summary>
    public string? DeviceId { get; init; }

    /// <summary>What the device ID must match.</summary>
    public string? DeviceIdPattern { get; init; }

    /// <summary>The SHA-256 of the only SubjectPublicKeyInfo that it enrolls, in hex.</summary>
    public string? KeyThumbprint { get; init; }

    /// <summary>How many certificates it is good for; 1 when null.</summary>
    public long? Uses { get; init; }

    /// <summary>Good until then; or see <see cref="Lifetime"/>.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Good for so long.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>For people.</summary>
    public string? Note { get; init; }

    /// <summary>Judges it. Whether group and lot are there, is asked elsewhere.</summary>
    /// <param name="id">The ID of the token that is made of it.</param>
    /// <param name="actor">Who makes it.</param>
    /// <param name="now">When.</param>
    /// <returns>The token; or <see cref="RefusalCode.BadCredential"/> with the field that is wrong.</returns>
    public Outcome<EnrollmentToken> ToToken(string id, string actor, DateTimeOffset now)
    {
        if (!ResourceName.IsValid(Group)) return Bad("group", ResourceName.Rule);
        if (Lot is not null && !ResourceName.IsValid(Lot)) return Bad("lot", ResourceName.Rule);
        DeviceId device = default;
        if (DeviceId is not null && !Devices.DeviceId.TryParse(DeviceId, out device)) return Bad("deviceId", "This is not the ID of a device.");
        IdPattern? pattern = null;
        if (DeviceIdPattern is not null && !IdPattern.TryParse(DeviceIdPattern, out pattern, out var problem)) return Bad("deviceIdPattern", problem);
        Digest key = default;
        if (KeyThumbprint is not null && !Digest.TryParse(KeyThumbprint, out key))
            return Bad("keyThumbprint", "A thumbprint is the SHA-256 of the SubjectPublicKeyInfo, 64 hexadecimal digits.");
        if (Uses is < 1 or > MaxUses) return Bad("uses", $"A token is good for 1 to {MaxUses} certificates.");
        if (FreeText.Check(Note, MaxNote) is { } badNote) return Bad("note", badNote);
        if (!ToExpiry(now).TryGet(out var expiresAt, out var refusal)) return refusal;
        return new EnrollmentToken
        {
            Id = id,
            Group = Group,
            Lot = Lot,
            DeviceId = DeviceId is null ? null : device,
            DeviceIdPattern = pattern,
            KeyThumbprint = KeyThumbprint is null ? null : key,
            Uses = Uses ?? 1,
            Used = 0,
            ExpiresAt = expiresAt,
            CreatedAt = now,
            CreatedBy = actor,
            Note = Note,
        };
    }

    private Outcome<DateTimeOffset> ToExpiry(DateTimeOffset now)
    {
        if (ExpiresAt is not null && Lifetime is not null) return Bad("lifetime", "Give expiresAt or lifetime, not both.");
        var life = Lifetime ?? (ExpiresAt is { } end ? end - now : UsualLifetime);
        return life <= TimeSpan.Zero || life > LongestLifetime
            ? Bad(ExpiresAt is null ? "lifetime" : "expiresAt", $"A token is good for at most {LongestLifetime.TotalDays:F0} days, and ends in the future.")
            : now + life;
    }

    private static Refusal Bad(string field, string detail) => new(RefusalCode.BadCredential, detail) { Field = "/" + field };
}
