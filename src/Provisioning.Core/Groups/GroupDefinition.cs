namespace Provisioning.Core.Groups;

/// <summary>What an administrator writes down about a group. Not judged yet: see <see cref="EnrollmentGroup.Create"/>.</summary>
public sealed record GroupDefinition
{
    /// <summary>For people, at most 200 characters.</summary>
    public string? Description { get; init; }

    /// <summary>The authority that signs: <c>issuing</c>, which is whichever generation of it is the newest.</summary>
    public string Authority { get; init; } = Authorities.AuthorityDirectory.IssuingName;

    /// <summary>The profile of the certificates.</summary>
    public string Profile { get; init; } = "device";

    /// <summary>A regular expression that the whole device ID must match; null for any.</summary>
    public string? DeviceIdPattern { get; init; }

    /// <summary>The credentials that may enroll; at least one.</summary>
    public IReadOnlyList<CredentialKind> Credentials { get; init; } = [CredentialKind.Registrar, CredentialKind.Administrator];

    /// <summary>Which devices.</summary>
    public Registration Registration { get; init; }

    /// <summary>Who lets it happen.</summary>
    public Approval Approval { get; init; }

    /// <summary>The places for current certificates, 1 to 8; the first is the usual one.</summary>
    public IReadOnlyList<GroupSlot> Slots { get; init; } = [new GroupSlot(GroupSlot.Operational)];

    /// <summary>Names of attributes that a device must have, at most 16.</summary>
    public IReadOnlyList<string> RequiredAttributes { get; init; } = [];

    /// <summary>What becomes of a device that seems to be cloned.</summary>
    public CloneReaction OnClone { get; init; }

    /// <summary>True when who enrolls by certificate must have a token, too, and the other way round.</summary>
    public bool BothCredentials { get; init; }

    /// <summary>Whether requests are bound to their TLS session.</summary>
    public Linking Linking { get; init; }

    /// <summary>Whether keys are made here.</summary>
    public ServerKeys ServerKeys { get; init; }

    /// <summary>How its devices renew.</summary>
    public RenewalPolicy Renewal { get; init; } = new();
}
