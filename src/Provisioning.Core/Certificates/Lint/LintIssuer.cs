namespace Provisioning.Core.Certificates.Lint;

/// <summary>What the lint must know of an issuer.</summary>
/// <param name="SubjectName">DER of its subject.</param>
/// <param name="KeyIdentifier">Its subject key identifier.</param>
/// <param name="Validity">Its own validity.</param>
internal sealed record LintIssuer(ReadOnlyMemory<byte> SubjectName, ReadOnlyMemory<byte> KeyIdentifier, Validity Validity);
