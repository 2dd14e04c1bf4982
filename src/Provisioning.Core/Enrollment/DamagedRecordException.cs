namespace Provisioning.Core.Enrollment;

/// <summary>
/// What is on record of the one thing that was asked for cannot be what this service wrote: a disk or a person has damaged it. Not a
/// refusal of the caller, and nothing that comes right by itself: a door answers <see cref="RefusalCode.RecordDamaged"/>. Whoever throws it has counted
/// and told it before.
/// </summary>
public sealed class DamagedRecordException : Exception
{
    /// <summary>Says what is damaged.</summary>
    /// <param name="message">For the caller: which, and what can be done.</param>
    public DamagedRecordException(string message)
        : base(message)
    {
    }
}
