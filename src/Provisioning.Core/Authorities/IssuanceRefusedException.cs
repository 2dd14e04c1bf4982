using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Authorities;

/// <summary>What the service itself needs was refused: by a wrong clock, or for a wrong configuration.</summary>
/// <param name="holder">Who the certificate was for.</param>
/// <param name="refusal">Why there is none.</param>
public sealed class IssuanceRefusedException(string holder, Refusal refusal)
    : InvalidOperationException($"No certificate for '{holder}': {refusal.Detail}")
{
    /// <summary>Why there is none.</summary>
    public Refusal Refusal { get; } = refusal;
}
