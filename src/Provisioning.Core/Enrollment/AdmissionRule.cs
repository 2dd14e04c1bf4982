namespace Provisioning.Core.Enrollment;

/// <summary>One rule that an enrollment must keep before anything of the certification request is looked at.</summary>
/// <param name="Name">Stable, for <c>POST /enrollments/validation</c>.</param>
/// <param name="Title">What it asks, for people.</param>
/// <param name="Check">Gives the refusal, or null when the rule is kept or says nothing about the case.</param>
internal sealed record AdmissionRule(string Name, string Title, Func<EnrollmentCase, Refusal?> Check);
