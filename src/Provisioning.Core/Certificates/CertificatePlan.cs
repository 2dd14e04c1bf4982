using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates.Lint;
using Provisioning.Core.Certificates.Naming;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates;

/// <summary>
/// The exact certificate that will be signed: written, linted, and good for one signature. Made only from an
/// <see cref="AuthorizedRequest"/>, so unauthorized or unlinted bytes never reach a key.
/// </summary>
internal sealed class CertificatePlan
{
    // An authority signs nothing that is good for less than this: its end is so near that a device could not renew.
    private static readonly TimeSpan ShortestUsefulLife = TimeSpan.FromHours(1);

    private int _redeemed;

    private CertificatePlan(byte[] tbs, SigningKey signer, Reservation reservation)
    {
        Tbs = tbs;
        Signer = signer;
        Reservation = reservation;
    }

    internal ReadOnlyMemory<byte> Tbs { get; }

    internal SigningKey Signer { get; }

    internal Reservation Reservation { get; }

    /// <summary>Plans a certificate with a fresh serial number.</summary>
    /// <returns>The plan, or why there can be none.</returns>
    /// <exception cref="InvalidOperationException">The profile is made for another kind of holder: a defect of the caller.</exception>
    internal static Outcome<CertificatePlan> Make(
        AuthorizedRequest request, Profile profile, PlanInput input, PublicAddresses addresses, DateTimeOffset now)
    {
        if (profile.Holder != request.HolderKind)
            throw new InvalidOperationException($"The profile '{profile.Name}' is made for {profile.Holder}, not for {request.HolderKind}.");
        if (!profile.KeyAlgorithms.Contains(input.Key.Algorithm))
            return new Refusal(RefusalCode.KeyNotAllowed, $"The profile '{profile.Name}' does not accept {input.Key.Algorithm} keys.");
        var issuer = input.Issuer;
        if ((issuer is null ? input.RootKey : issuer.Key) is not { } signer)
            return new Refusal(RefusalCode.AuthorityUnavailable, $"The key of '{issuer?.Name}' is not on this machine.");

        var bounds = issuer is null ? (Validity?)null : new Validity(issuer.NotBefore, issuer.NotAfter);
        var validity = Validity.For(now, profile, bounds);
        var shortest = TimeSpan.FromTicks(Math.Min(ShortestUsefulLife.Ticks, (profile.Lifetime ?? ShortestUsefulLife).Ticks / 2));
        if (validity.NotAfter < now + shortest || bounds?.NotAfter < now + shortest)
            return new Refusal(RefusalCode.AuthorityExpiring, $"The authority '{issuer?.Name}' is about to expire; renew it.");
        if (!CertificateNames.Make(profile, NameSource.Of(request, input.Attributes)).TryGet(out var names, out var impossible))
            return impossible;

        var serialNumber = SerialNumber.NewRandom();

        // Who answers for the others is in no shard: its certificate names no CRL.
        var shard = issuer is null || profile.AnswersOcsp ? 0 : addresses.ShardOf(issuer.Name, serialNumber);
        var draft = new CertificateDraft(profile, input.Key, names, validity) { ExtraNames = input.ExtraNames };
        var tbs = draft.Write(
            serialNumber, signer.SignatureAlgorithm, issuer?.SubjectName, ConstantExtensions.Of(profile, input.Key.Algorithm, issuer, addresses, shard));
        var broken = CertificateLint.Check(tbs, LintIssuer.Of(issuer, profile));
        if (broken.Count > 0)
            return new Refusal(RefusalCode.LintFailed, $"The profile '{profile.Name}' breaks {broken[0].Id} ({broken[0].Citation}).");

        return new CertificatePlan(tbs, signer, Reserve(request, profile, input, names, serialNumber, shard, validity, tbs, now));
    }

    /// <summary>Gives the bytes out for signing, once.</summary>
    /// <exception cref="InvalidOperationException">They were given out before.</exception>
    internal ReadOnlyMemory<byte> Redeem() => Interlocked.Exchange(ref _redeemed, 1) == 0
        ? Tbs
        : throw new InvalidOperationException("A plan is signed at most once.");

    private static IEnumerable<FindableName> OfExtra(PlanInput input) =>
        input.ExtraNames.Select(name => name.Findable).OfType<string>().Select(text => new FindableName(text, IsShared: false));

    private static Reservation Reserve(
        AuthorizedRequest request,
        Profile profile,
        PlanInput input,
        CertificateNames names,
        SerialNumber serialNumber,
        int shard,
        Validity validity,
        byte[] tbs,
        DateTimeOffset now) => new()
        {
            Authority = input.Issuer?.Name ?? AuthorityDirectory.RootName,
            SerialNumber = serialNumber,
            HolderKind = request.HolderKind,
            Holder = request.Holder,
            Profile = profile.Name,
            CrlShard = shard,
            KeyThumbprint = input.Key.Thumbprint,
            TbsHash = Digest.Of(tbs),
            Names = [.. names.Findable.Concat(OfExtra(input)).DistinctBy(name => name.Text)],
            NotBefore = validity.NotBefore,
            NotAfter = validity.NotAfter,
            At = now,
            Requester = request.Caller.Actor,
            Renews = request.Renews,
            RequestKey = input.RequestKey,
            RequestHash = input.RequestHash,
            SignedWith = input.SignedWith,
            Replaces = input.Replaces,
            Slot = request.Slot,
            Group = request.Group,
            GroupVersion = request.GroupVersion,
            Succession = request.Succession,
            DeviceRevision = request.DeviceRevision,
            UnlessExisting = request.UnlessExisting,
            Admission = request.Admission,
            Attributes = input.KeepsAttributes ? input.Attributes : null,
        };
}
