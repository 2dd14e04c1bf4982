namespace Provisioning.Core.Enrollment;

/// <summary>
/// Tells who the caller of a request is now: the rows of its credential are read again. For requests that take long; each piece of their
/// work is begun for whom this gives, so that a revocation, an end of hours or another scope bites in the middle of them.
/// </summary>
/// <param name="ct">Gives up.</param>
/// <returns>The caller, or why it is none any more.</returns>
/// <exception cref="StorageUnavailableException">The registry cannot be read: nobody is let in.</exception>
public delegate ValueTask<Outcome<Caller>> CallerNow(CancellationToken ct);
