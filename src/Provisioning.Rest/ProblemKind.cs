namespace Provisioning.Rest;

/// <summary>A kind of problem that this API answers with (RFC 9457 §3.1).</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The stable code, kebab-case; the last segment of the problem's <c>type</c>.</param>
/// <param name="Title">The same sentence for every occurrence.</param>
public sealed record ProblemKind(int Status, string Code, string Title);
