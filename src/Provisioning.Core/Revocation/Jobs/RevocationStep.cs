namespace Provisioning.Core.Revocation.Jobs;

/// <summary>What came of one step of a job.</summary>
/// <param name="Job">The job as it is now; null when there is none.</param>
/// <param name="Changed">How many certificates this step has changed.</param>
/// <param name="Authorities">Whose certificates these were.</param>
/// <param name="MustWait">True when nothing can be done for a moment: another node works on it, or a certificate is just being signed.</param>
public sealed record RevocationStep(RevocationJob? Job, int Changed, IReadOnlySet<string> Authorities, bool MustWait);
