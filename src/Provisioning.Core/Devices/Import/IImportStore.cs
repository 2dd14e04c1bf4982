using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Devices.Import;

/// <summary>Registers devices before they are enrolled, many at a time.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IImportStore
{
    /// <summary>The most bad rows of one import that are kept; further ones are counted only.</summary>
    const int MaxProblems = 100_000;

    /// <summary>Reads how far an import is.</summary>
    /// <param name="id">The import.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Its progress, or null when there is none of that name.</returns>
    ValueTask<ImportProgress?> FindImportAsync(string id, CancellationToken ct);

    /// <summary>
    /// Does some rows in one transaction: registers what is new, leaves what is on record as the row says it, and notes as
    /// <see cref="RefusalCode.AlreadyExists"/> what is on record otherwise. One audit entry for each chunk.
    /// </summary>
    /// <param name="chunk">The rows.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The progress after it; or <see cref="RefusalCode.ImportMismatch"/> when the import is not where the chunk begins, because
    /// somebody else works on it.
    /// </returns>
    Task<Outcome<ImportProgress>> ImportAsync(ImportChunk chunk, CancellationToken ct);

    /// <summary>Reads the bad rows of an import in the order of their lines.</summary>
    /// <param name="id">The import.</param>
    /// <param name="afterLine">Only those behind this line.</param>
    /// <param name="limit">Rows.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The rows.</returns>
    Task<IReadOnlyList<RowProblem>> ListProblemsAsync(string id, long afterLine, int limit, CancellationToken ct);
}
