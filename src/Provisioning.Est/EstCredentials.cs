namespace Provisioning.Est;

/// <summary>What an operation that reads a request lets its callers prove themselves with; what they may then do is another question.</summary>
/// <param name="TakesToken">
/// True where an enrollment token may come as the password of HTTP Basic (RFC 7030 §3.2.3), alone or with a client certificate, and then both
/// count. False where the certificate is what it is about: then no password is looked at.
/// </param>
public sealed record EstCredentials(bool TakesToken);
