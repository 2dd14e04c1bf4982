namespace Provisioning.Core.Enrollment;

/// <summary>
/// The database cannot do it now: full, locked for too long, out of reach. Not a refusal of the caller, but an answer
/// "later": a door answers 503 with <c>Retry-After</c>.
/// </summary>
public sealed class StorageUnavailableException : Exception
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="message">For the log.</param>
    /// <param name="inner">What the engine threw.</param>
    public StorageUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>
    /// True when the connection broke between COMMIT and its answer, or the time was up while the transaction ran: the
    /// write may be there or not. A retry of the same request finds out; a reservation whose fate is unknown is given up by
    /// the store itself before it grants another.
    /// </summary>
    public bool OutcomeUnknown { get; init; }
}
