using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What enrollment tokens are to be made for.</summary>
internal sealed record TokenBody
{
    /// <summary>The enrollment group; it must accept tokens.</summary>
    /// <example>pumps</example>
    public required string Group { get; init; }

    /// <summary>The lot whose units it enrolls; leave it out for none.</summary>
    public string? Lot { get; init; }

    /// <summary>The only device that it enrolls; leave it out for any.</summary>
    /// <example>pump-0001</example>
    public string? DeviceId { get; init; }

    /// <summary>A regular expression that the whole device ID must match; leave it out for any ID.</summary>
    public string? DeviceIdPattern { get; init; }

    /// <summary>The SHA-256 of the only SubjectPublicKeyInfo that it enrolls, 64 hexadecimal digits; leave it out for any key.</summary>
    public string? KeyThumbprint { get; init; }

    /// <summary>How many certificates a token is good for, 1 to 1 000 000; usually 1.</summary>
    /// <example>1</example>
    public long? Uses { get; init; }

    /// <summary>Good until then, in UTC; or give <c>lifetime</c>.</summary>
    public string? ExpiresAt { get; init; }

    /// <summary>Good for so long, as ISO 8601 has it; usually <c>P1D</c>, at most <c>P400D</c>.</summary>
    /// <example>P7D</example>
    public string? Lifetime { get; init; }

    /// <summary>For people, at most 200 characters.</summary>
    public string? Note { get; init; }

    /// <summary>How many tokens to make, 1 to 1000; usually 1.</summary>
    public int? Count { get; init; }

    /// <summary>True to get each token as a picture too.</summary>
    public bool? QrCode { get; init; }

    internal Checked<TokenDefinition> ToDefinition()
    {
        DateTimeOffset expiresAt = default;
        if (ExpiresAt is not null && !UtcTime.TryParse(ExpiresAt, out expiresAt))
            return Bad("/expiresAt", "It is a time in UTC such as 2027-01-31T00:00:00Z.");
        TimeSpan? lifetime = null;
        if (Lifetime is not null)
        {
            if (!Durations.TryParse(Lifetime, out var parsed)) return Bad("/lifetime", Durations.Rule);
            lifetime = parsed;
        }

        return new TokenDefinition
        {
            Group = Group,
            Lot = Lot,
            DeviceId = DeviceId,
            DeviceIdPattern = DeviceIdPattern,
            KeyThumbprint = KeyThumbprint,
            Uses = Uses,
            ExpiresAt = ExpiresAt is null ? null : expiresAt,
            Lifetime = lifetime,
            Note = Note,
        };
    }

    private static Problem Bad(string pointer, string detail) =>
        RestErrors.Of(new Refusal(RefusalCode.BadCredential, detail)) with { Pointer = pointer };
}
