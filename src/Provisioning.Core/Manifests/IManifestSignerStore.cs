using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Manifests;

/// <summary>Where the signers of manifests are on record.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IManifestSignerStore
{
    /// <summary>Puts one on record, with an audit entry.</summary>
    /// <param name="signer">The signer.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The same; or <see cref="RefusalCode.AlreadyExists"/>, also for a name that was withdrawn.</returns>
    Task<Outcome<ManifestSigner>> AddSignerAsync(ManifestSigner signer, CancellationToken ct);

    /// <summary>Reads all, withdrawn ones too, by name.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The signers.</returns>
    Task<IReadOnlyList<ManifestSigner>> ListSignersAsync(CancellationToken ct);

    /// <summary>Withdraws one for ever, with an audit entry. Doing it again changes nothing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The signer as it is now; or <see cref="RefusalCode.NotFound"/>.</returns>
    Task<Outcome<ManifestSigner>> WithdrawSignerAsync(string name, string actor, DateTimeOffset at, CancellationToken ct);
}
