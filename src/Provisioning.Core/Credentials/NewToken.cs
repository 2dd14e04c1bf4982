namespace Provisioning.Core.Credentials;

/// <summary>A token that was just made: the only time that its text is known here.</summary>
/// <param name="Facts">What is on record.</param>
/// <param name="Text">What goes to its holder.</param>
public sealed record NewToken(EnrollmentToken Facts, TokenText Text);
