using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates;

/// <summary>What came of a reservation.</summary>
public abstract record ReserveResult
{
    private ReserveResult()
    {
    }

    /// <summary>It is on record, durably: the plan may be signed.</summary>
    /// <param name="Replaces">The certificate whose place it takes (<see cref="Reservation.Replaces"/>), or null.</param>
    public sealed record Reserved(SerialNumber? Replaces) : ReserveResult
    {
        /// <summary>One that takes nobody's place.</summary>
        public static Reserved Instance { get; } = new((SerialNumber?)null);
    }

    /// <summary>The same request was answered before: this certificate is the answer, and nothing was reserved.</summary>
    /// <param name="Certificate">The certificate of that answer.</param>
    public sealed record Existing(StoredCertificate Certificate) : ReserveResult;

    /// <summary>No. Nothing was changed, but for the marks that a suspicion leaves.</summary>
    /// <param name="Refusal">Why.</param>
    public sealed record Refused(Refusal Refusal) : ReserveResult
    {
        /// <summary>What looks like a second device with the same identity, or null.</summary>
        public CloneSign? Sign { get; init; }
    }

    /// <summary>This authority has used the serial number before: plan again with another.</summary>
    public sealed record SerialNumberTaken : ReserveResult
    {
        /// <summary>The one value.</summary>
        public static SerialNumberTaken Instance { get; } = new();
    }
}
