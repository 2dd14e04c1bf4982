namespace Provisioning.Est;

/// <summary>What an operation lets its callers prove themselves with, for the authentication; what they may then do is another question.</summary>
/// <param name="TakesToken">
/// True where an enrollment token may come as the password of HTTP Basic (RFC 7030 §3.2.3), alone or with a client certificate, and then both
/// count. False where the certificate is what it is about: then no password is looked at.
/// </param>
public sealed record EstCredentials(bool TakesToken);

/// <summary>What body an operation reads, for the API's description; bodies are read raw, so that nothing else can tell.</summary>
/// <param name="MediaType">Its media type.</param>
public sealed record EstRequest(string MediaType);
