namespace Provisioning.Core.Enrollment;

/// <summary>What the callers are, in one word for each: the authentication gives it, and the doors ask for it.</summary>
public static class Roles
{
    /// <summary>A person or tool that administers the service.</summary>
    public const string Administrator = "administrator";

    /// <summary>A factory line.</summary>
    public const string Registrar = "registrar";

    /// <summary>A registrar whose scope lets it revoke, beside <see cref="Registrar"/>.</summary>
    public const string RevokingRegistrar = "revoking-registrar";

    /// <summary>A device.</summary>
    public const string Device = "device";

    /// <summary>A device whose certificate has expired, within the grace of its group: renews, asks for the signed time, and nothing else.</summary>
    public const string ExpiredDevice = "expired-device";

    /// <summary>Whoever shows an enrollment token: enrolls what it is made for, and nothing else.</summary>
    public const string Token = "token";

    /// <summary>A device with the claim certificate of its batch: claims itself, and nothing else.</summary>
    public const string Claim = "claim";

    /// <summary>A device with its manufacturer's certificate: enrolls itself, and nothing else.</summary>
    public const string Birth = "birth";

    /// <summary>A broker, gateway or other relying party: reads what was revoked, and nothing else.</summary>
    public const string RelyingParty = "relyingParty";

    /// <summary>Those that may enroll devices.</summary>
    public static IReadOnlyList<string> Enrolling { get; } = [Registrar, Administrator, Token, Claim, Birth];
}
