namespace Provisioning.Core.Groups;

/// <summary>A definition of a group, as it was put on record.</summary>
/// <param name="Group">The group in this version.</param>
/// <param name="At">When.</param>
/// <param name="Actor">By whom.</param>
public sealed record GroupVersion(EnrollmentGroup Group, DateTimeOffset At, string Actor);
