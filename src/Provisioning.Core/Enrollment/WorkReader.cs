using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.Naming;
using Provisioning.Core.Groups;
using Provisioning.Core.Profiles;

namespace Provisioning.Core.Enrollment;

/// <summary>Reads the certification request of what was allowed, and holds it against the permission and the profile.</summary>
/// <param name="profiles">The profiles by name.</param>
/// <param name="authorities">Who signs.</param>
internal sealed class WorkReader(ProfileCatalog profiles, AuthorityDirectory authorities)
{
    internal Outcome<PlanInput> Read(EnrollmentWork work)
    {
        var allowed = work.Allowed;
        if (!CertificationRequestReader.Read(work.CertificationRequest).TryGet(out var csr, out var unreadable)) return unreadable;
        if (work.ServerKey is null && work.CheckKey?.Invoke(csr.Key) is { } otherKey) return otherKey;
        if (ChannelRules.Check(csr.ChallengePassword, work.Policy.Linking, work.ChannelBinding) is { } notLinked) return notLinked;
        var source = NameSource.Of(allowed, work.Attributes);
        if (RequestRules.Check(csr, profiles[allowed.Profile], source, work.Named) is { } notGranted) return notGranted;
        if (authorities.All.Any(authority => authority.KeyThumbprint == csr.Key.Thumbprint))
            return new Refusal(RefusalCode.BadKey, "This is the key of a certificate authority.");

        var identity = csr.Hash;
        if (work.ServerKey is { } made)
        {
            if (made.Check(work.Policy.ServerKeys, csr.Protection) is { } cannot) return cannot;
            if (!profiles[allowed.Profile].KeyAlgorithms.Contains(csr.Key.Algorithm))
                return new Refusal(RefusalCode.KeyNotAllowed, $"The profile '{allowed.Profile}' does not accept {csr.Key.Algorithm} keys.");

            // All that it says is with which key, and below whom it is for: whoever signs that again, with that key, means the same.
            identity = csr.Key.Thumbprint;
        }

        var operation = allowed.Renews is null ? "enroll" : "renew " + allowed.Renews;
        if (allowed.Slot != GroupSlot.Operational) operation += " " + allowed.Slot;
        if (work.ServerKey is not null) operation += " with a key";
        if (work.ServerKey?.Protection is { } asked) operation += $" for {(asked.IsSymmetric ? "secret" : "key")} {Convert.ToHexString(asked.KeyIdentifier.Span)}";
        if (allowed.Caller.SecondFactor is { } token) operation += " by " + token.Id;
        if (allowed.Admission?.Lot is { } lot) operation += " for " + lot;
        return new PlanInput
        {
            Key = csr.Key,
            SignedWith = work.ServerKey is null ? null : csr.Key.Thumbprint,
            Issuer = authorities.Issuing,
            RequestHash = RequestHash.Of(operation, allowed.Holder, identity, work.Sent),
            RequestKey = RequestKeyOf(allowed, work.RequestKey),
            Attributes = work.Attributes,
            KeepsAttributes = work.KeepsAttributes,
        };
    }

    // Devices that share a credential count their requests each for itself: the first of each may well be called "1".
    private static string? RequestKeyOf(AuthorizedRequest allowed, string? key) =>
        key is not null && allowed.Caller is Caller.Claim or Caller.Token ? $"{allowed.Holder} {key}" : key;
}
