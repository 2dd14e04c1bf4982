using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What an enrollment group is to be. What is left out has the value of a new group.</summary>
internal sealed record GroupBody
{
    /// <summary>For people, at most 200 characters.</summary>
    /// <example>Pumps of the 2027 series</example>
    public string? Description { get; init; }

    /// <summary>The authority that signs: <c>issuing</c>, which is whichever generation of it is the newest.</summary>
    /// <example>issuing</example>
    public string? Authority { get; init; }

    /// <summary>The profile of the certificates.</summary>
    /// <example>device</example>
    public string? Profile { get; init; }

    /// <summary>
    /// A regular expression that the whole device ID must match, without look-around and back references; leave it out for any ID.
    /// </summary>
    /// <example>PUMP-[0-9]{6}</example>
    public string? DeviceIdPattern { get; init; }

    /// <summary>The credentials that may enroll. A new group has registrar and administrator.</summary>
    [NamesOf(typeof(CredentialKind))]
    public IReadOnlyList<string>? Credentials { get; init; }

    /// <summary><c>preregistered</c>: only devices that are in the registry already, in this group.</summary>
    /// <example>open</example>
    [NamesOf(typeof(Registration))]
    public string? Registration { get; init; }

    /// <summary><c>manual</c>: an administrator approves each request.</summary>
    /// <example>automatic</example>
    [NamesOf(typeof(Approval))]
    public string? Approval { get; init; }

    /// <summary>The places for current certificates of one device, 1 to 8; the first is meant when a request names none.</summary>
    public IReadOnlyList<SlotDocument>? Slots { get; init; }

    /// <summary>Names of attributes that a device must have, at most 16.</summary>
    public IReadOnlyList<string>? RequiredAttributes { get; init; }

    /// <summary>What becomes of a device whose identity somebody else seems to use.</summary>
    /// <example>quarantine</example>
    [NamesOf(typeof(CloneReaction))]
    public string? OnClone { get; init; }

    /// <summary>
    /// True when who enrolls by certificate must show an enrollment token, too, and the other way round; only EST has room for both.
    /// </summary>
    /// <example>false</example>
    public bool? BothCredentials { get; init; }

    /// <summary>
    /// With <c>required</c>, a request must hold the tls-unique of its session (RFC 7030 §3.5), which only EST clients over TLS 1.2 can give.
    /// One that waits for an administrator is bound anew each time that it comes.
    /// </summary>
    /// <example>optional</example>
    [NamesOf(typeof(Linking))]
    public string? Linking { get; init; }

    /// <summary>Whether keys are made here for devices without a source of randomness, by EST's serverkeygen.</summary>
    /// <example>off</example>
    [NamesOf(typeof(ServerKeys))]
    public string? ServerKeys { get; init; }

    /// <summary>How its devices renew.</summary>
    public RenewalPolicyDocument? Renewal { get; init; }

    internal Checked<GroupDefinition> ToDefinition()
    {
        var usual = new GroupDefinition();
        var (registration, approval, onClone) = (usual.Registration, usual.Approval, usual.OnClone);
        if (Registration is { } r && !WireNames.TryParse(r, out registration)) return Unknown<Registration>("/registration");
        if (Approval is { } a && !WireNames.TryParse(a, out approval)) return Unknown<Approval>("/approval");
        if (OnClone is { } c && !WireNames.TryParse(c, out onClone)) return Unknown<CloneReaction>("/onClone");
        var (linking, serverKeys) = (usual.Linking, usual.ServerKeys);
        if (Linking is { } l && !WireNames.TryParse(l, out linking)) return Unknown<Linking>("/linking");
        if (ServerKeys is { } k && !WireNames.TryParse(k, out serverKeys)) return Unknown<ServerKeys>("/serverKeys");
        var credentials = new List<CredentialKind>();
        for (var i = 0; i < (Credentials?.Count ?? 0); i++)
        {
            if (!WireNames.TryParse<CredentialKind>(Credentials![i] ?? "", out var kind)) return Unknown<CredentialKind>($"/credentials/{i}");
            credentials.Add(kind);
        }

        var renewal = usual.Renewal;
        if (Renewal is not null && !Renewal.ToPolicy().TryGet(out renewal, out var badRenewal)) return badRenewal;
        if (NullValues.First("/slots", Slots) is { } noSlot) return noSlot;
        if (NullValues.First("/requiredAttributes", RequiredAttributes) is { } noName) return noName;
        return usual with
        {
            Description = Description,
            Authority = Authority ?? usual.Authority,
            Profile = Profile ?? usual.Profile,
            DeviceIdPattern = DeviceIdPattern,
            Credentials = Credentials is null ? usual.Credentials : credentials,
            Registration = registration,
            Approval = approval,
            Slots = Slots is null ? usual.Slots : [.. Slots.Select(slot => new GroupSlot(slot.Name, slot.Profile))],
            RequiredAttributes = RequiredAttributes ?? usual.RequiredAttributes,
            OnClone = onClone,
            BothCredentials = BothCredentials ?? usual.BothCredentials,
            Linking = linking,
            ServerKeys = serverKeys,
            Renewal = renewal,
        };
    }

    internal static Problem Unknown<T>(string pointer)
        where T : struct, Enum => Bad(pointer, $"It is one of: {string.Join(", ", WireNames.AllOf(typeof(T)))}.");

    internal static Problem Bad(string pointer, string detail) =>
        RestErrors.Of(new Refusal(RefusalCode.BadGroup, detail)) with { Pointer = pointer };
}
