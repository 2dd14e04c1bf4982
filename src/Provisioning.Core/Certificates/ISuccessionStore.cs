namespace Provisioning.Core.Certificates;

/// <summary>What becomes in time of certificates that were renewed. Every write is one short transaction.</summary>
/// <exception cref="Enrollment.StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface ISuccessionStore
{
    /// <summary>
    /// Gives up unconfirmed certificates whose device still showed the one before, so long after they were issued: it has not got them.
    /// One audit entry each.
    /// </summary>
    /// <param name="group">Of this enrollment group.</param>
    /// <param name="within">How long the device has to show the new one.</param>
    /// <param name="at">Now.</param>
    /// <param name="limit">The most at once.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>How many.</returns>
    Task<int> GiveUpUnconfirmedAsync(
        string group, TimeSpan within, DateTimeOffset at, int limit, CancellationToken ct);

    /// <summary>Revokes superseded certificates (reason superseded) whose time for it has come, unless they have expired.</summary>
    /// <param name="at">Now.</param>
    /// <param name="limit">The most at once.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>How many were looked at, and the authorities of those that were revoked.</returns>
    Task<(int Seen, IReadOnlyList<string> Authorities)> RevokeSupersededAsync(DateTimeOffset at, int limit, CancellationToken ct);
}
