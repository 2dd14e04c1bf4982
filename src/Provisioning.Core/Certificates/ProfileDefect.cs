namespace Provisioning.Core.Certificates;

/// <summary>Why a profile cannot be used.</summary>
/// <param name="Field">The field that is meant (RFC 6901); empty for the whole.</param>
/// <param name="Detail">What is wrong, with the rule that it breaks, if any.</param>
public sealed record ProfileDefect(string Field, string Detail);

/// <summary>Ends the making of a profile; caught where it began.</summary>
internal sealed class ProfileDefectException(string pointer, string detail) : Exception(detail)
{
    internal ProfileDefect Defect { get; } = new(pointer, detail);
}
